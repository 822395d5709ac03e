// Cityscapes' files: from a small folder of the same form to batches, and what is refused.
#include "workloads/cityscapes/scenes.h"

#include "tests/support/prepared_data.h"
#include "workloads/cityscapes/cityscapes.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace timetrial::cityscapes {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using workloads::Split;

constexpr Counts kSmall = {.training = 3, .validation = 2, .test = 2};

void write_npy(const fs::path& file, const std::string& shape, const at::Tensor& values) {
  fs::create_directories(file.parent_path());
  const std::string type = values.scalar_type() == at::kFloat ? "<f4" : "<i8";
  const std::string header =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
  std::ofstream(file, std::ios::binary)
      << "\x93NUMPY" << '\x01' << '\0' << static_cast<char>(header.size()) << '\0' << header
      << std::string(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
}

/// Scene i of a split is i / 10 everywhere, of class i, at an inverse depth of (i + 1) / 100.
class Scenes : public testing::Test {
 protected:
  Scenes() {
    for (int i = 0; i < 7; ++i) {
      const fs::path folder = root_ / (i < 5 ? "train" : "val");
      const std::string name = std::to_string(i < 5 ? i : i - 5) + ".npy";
      write_npy(folder / "image" / name, "(128, 256, 3)",
                at::full({128, 256, 3}, i / 10.0, at::kFloat));
      write_npy(folder / "label" / name, "(128, 256)", at::full({128, 256}, i, at::kLong));
      write_npy(folder / "depth" / name, "(128, 256, 1)",
                at::full({128, 256, 1}, (i + 1) / 100.0, at::kFloat));
    }
  }
  std::string refusal() const {
    try {
      const test::TemporaryFolder out;
      prepare(root_, out.path(), kSmall);
    } catch (const workloads::DataError& error) {
      return error.what();
    }
    return "no error";
  }
  const test::TemporaryFolder folder_;
  const fs::path root_ = folder_.path();
};

TEST_F(Scenes, BecomeBatchesOfTheirOwnSplit) {
  EXPECT_EQ(bytes_to_prepare(root_, kSmall), (3U + 2 + 2 + 2) * 128 * 256 * 5 * 4);
  const test::TemporaryFolder out;
  prepare(root_, out.path(), kSmall);
  Config config = full_config();
  config.encoder.width = config.head_width = 1;
  config.encoder.layers = {1, 1, 1, 1};
  config.encoder.width_per_group = 64;
  const auto workload = make(config);
  const auto training = workload->open_training(out.path() / "training");
  ASSERT_EQ(training->size(), 3);
  const Batch batch = test::examples(*training, 0, 3);
  ASSERT_EQ(batch.inputs().sizes(), (std::vector<std::int64_t>{3, 3, 128, 256}));
  ASSERT_EQ(batch.targets().sizes(), (std::vector<std::int64_t>{3, 2, 128, 256}));
  for (int row = 0; row < 3; ++row) {
    const auto scene = batch.targets()[row][0][5][7].item<float>();
    EXPECT_LT(scene, 5);
    EXPECT_FLOAT_EQ(batch.inputs()[row][2][5][7].item<float>(), scene / 10);
    EXPECT_FLOAT_EQ(batch.targets()[row][1][5][7].item<float>(), (scene + 1) / 100);
  }
  const auto evaluation = workload->open_evaluation(out.path() / "held_back");
  EXPECT_EQ(evaluation->size(Split::validation), 2);
  EXPECT_EQ(evaluation->size(Split::test), 2);
  EXPECT_EQ(evaluation->size(Split::train_subset), 2);
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const auto metrics = evaluation->evaluate(*model, Split::test, 1);
  for (const char* name :
       {"loss", "segmentation/loss", "segmentation/mean_iou", "segmentation/pixel_accuracy",
        "depth/absolute_error", "depth/relative_error", "depth/loss"}) {
    ASSERT_EQ(metrics.count(name), 1U) << name;
    EXPECT_TRUE(std::isfinite(metrics.at(name))) << name;
  }
}

TEST_F(Scenes, AreRefusedWhereSomethingIsWrong) {
  EXPECT_EQ(refusal(), "no error");
  struct Case {
    const char *file, *shape;
    at::Tensor values;
    const char* message;
  };
  const at::Tensor fine = at::zeros({128, 256});
  const Case cases[] = {
      {"label/0.npy", "(128, 256)", at::full({128, 256}, 7.0F),
       "has a class that is none of 0 to 6"},
      {"label/0.npy", "(128, 256)", at::full({128, 256}, 0.5F),
       "has a class that is none of 0 to 6"},
      {"label/0.npy", "(128, 255)", at::zeros({128, 255}),
       "has the shape [128, 255, 1], expected [128, 256, 1]"},
      {"depth/0.npy", "(128, 256)", at::full({128, 256}, -1.0F), "has an inverse depth below 0"},
      {"depth/0.npy", "(128, 256)", at::full({128, 256}, NAN), "has values that are not finite"},
      {"image/0.npy", "(128, 256, 1)", at::zeros({128, 256}),
       "has the shape [128, 256, 1], expected [128, 256, 3]"},
      {"depth/2.npy", "(128, 256)", fine, "expected no more than 2 files"}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.message);
    const fs::path file = root_ / "val" / c.file, kept = root_ / "kept";
    const bool had = fs::exists(file);
    if (had) fs::rename(file, kept);
    write_npy(file, c.shape, c.values);
    EXPECT_THAT(refusal(), HasSubstr(file.string() + ": " + c.message));
    EXPECT_THAT(refusal(), HasSubstr("docs/data/cityscapes.md"));
    fs::remove(file);
    if (had) fs::rename(kept, file);
  }
  fs::remove(root_ / "train/depth/4.npy");
  EXPECT_THAT(refusal(), HasSubstr("train/depth/4.npy: no such file; expected 0.npy to 4.npy"));
}

}  // namespace
}  // namespace timetrial::cityscapes
