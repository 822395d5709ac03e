#include "layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace timetrial::architecture {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Layer> documented_layers() {
  const auto file = fs::path(TIMETRIAL_SOURCE_DIR) / "docs" / "architecture.md";
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return parse_layers(text.str());
}

TEST(Architecture, TreeKeepsTheDocumentedLayers) {
  const fs::path root = TIMETRIAL_SOURCE_DIR;
  ASSERT_GT(source_files(root).size(), 50U) << "the tree was not found";
  EXPECT_THAT(violations(root, documented_layers()), IsEmpty());
}

TEST(Architecture, PartsThatMustStartFastAreFreeOfLibTorch) {
  std::set<std::string> with_torch;
  for (const auto& layer : documented_layers()) {
    if (layer.torch) with_torch.insert(layer.folder);
  }
  for (const auto* folder : {"harness/cli", "harness/store", "harness/sweep", "scoring"}) {
    EXPECT_FALSE(with_torch.contains(folder)) << folder;
  }
}

/// A tree of four layers without a violation; tests plant one.
class PlantedTree : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) /
            ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(root_);
    put("include/timetrial/training.h", "#include <ATen/core/Tensor.h>\n");
    put("include/timetrial/version.h", "");
    put("harness/trial/trial.h", "#include <string>\n");
    put("harness/store/store.h", "#include \"harness/trial/trial.h\"\n");
    put("harness/cli/main.cpp",
        "#include \"harness/store/store.h\"\n#include <timetrial/version.h>\n");
    put("workloads/workload.h", "#include <timetrial/training.h>\n");
    put("workloads/vit/vit.cpp", "#include \"workloads/workload.h\"\n#include \"vit.h\"\n");
    put("workloads/vit/vit.h", "");
    put("workloads/lm/lm.h", "");
    put("submissions/lion/lion.cpp",
        "#include <timetrial/training.h>\n#include <ATen/ops/zeros.h>\n#include <vector>\n");
  }
  void TearDown() override { fs::remove_all(root_); }

  void put(const std::string& path, const std::string& content) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << content;
  }
  std::vector<std::string> found() const {
    return violations(root_, parse_layers("```layers\n"
                                          "0 include/timetrial torch\n"
                                          "0 harness/trial\n"
                                          "1 harness/store\n"
                                          "2 workloads torch\n"
                                          "3 workloads/* torch\n"
                                          "3 submissions/* torch\n"
                                          "4 harness/cli\n"
                                          "```\n"));
  }

  fs::path root_;
};

TEST_F(PlantedTree, IsCleanBeforePlanting) { EXPECT_THAT(found(), IsEmpty()); }

TEST_F(PlantedTree, FindsEachPlantedViolation) {
  struct Case {
    const char *file, *text, *message;
  };
  const Case cases[] = {
      {"harness/trial/bad.h", "\n#include \"harness/store/store.h\"\n",
       "harness/trial/bad.h:2: includes harness/store/store.h: layer 0 may not include layer 1"},
      {"harness/store/bad.h", "#include <ATen/ATen.h>\n", "harness/store is free of LibTorch"},
      {"harness/cli/bad.cpp", "#include <torch/torch.h>\n", "harness/cli is free of LibTorch"},
      {"harness/cli/bad.cpp", "#include \"workloads/workload.h\"\n",
       "includes workloads/workload.h: harness/cli is free of LibTorch"},
      {"harness/trial/bad.h", "  #  include <timetrial/version.h>\n",
       "layer 0 may not include layer 0 (include/timetrial)"},
      {"workloads/vit/bad.cpp", "#include \"workloads/lm/lm.h\"\n",
       "layer 3 may not include layer 3 (workloads/lm)"},
      {"workloads/bad.cpp", "#include \"workloads/vit/vit.h\"\n",
       "layer 2 may not include layer 3 (workloads/vit)"},
      {"submissions/lion/bad.cpp", "#include \"harness/trial/trial.h\"\n",
       "includes harness/trial/trial.h: a submission sees the SDK only"},
      {"submissions/lion/bad.cpp", "#include <fmt/core.h>\n", "a submission sees the SDK only"},
      {"submissions/lion/bad.cpp", "#include <unistd.h>\n", "a submission sees the SDK only"},
      {"harness/cli/bad.cpp", "#include \"../store/store.h\"\n", "name it from the root"},
      {"harness/novel/new.h", "", "harness/novel/new.h:1: its folder is not in the layer table"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    put(c.file, c.text);
    EXPECT_THAT(found(), ElementsAre(HasSubstr(c.message)));
    fs::remove_all(root_ / c.file);
  }
}

TEST(LayerTable, RefusesMalformedLines) {
  EXPECT_THROW(parse_layers("no block"), std::runtime_error);
  EXPECT_THROW(parse_layers("```layers\nharness/cli 4\n```\n"), std::runtime_error);
  EXPECT_THROW(parse_layers("```layers\n4 harness/cli tensors\n```\n"), std::runtime_error);
  EXPECT_THROW(parse_layers("```layers\n4 harness/cli\n"), std::runtime_error);
}

}  // namespace
}  // namespace timetrial::architecture
