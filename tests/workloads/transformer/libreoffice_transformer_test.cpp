// libreoffice_transformer on the real packages: the same bytes twice, and no held-back text in
// training.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <set>

#include "tests/support/data_packages.h"
#include "tests/support/temporary_folder.h"
#include "workloads/transformer/transformer.h"

namespace timetrial::transformer {
namespace {

namespace fs = std::filesystem;
using Sentence = std::vector<std::int64_t>;

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// The sentences of one side of packed rows, told apart by their segments.
std::set<Sentence> sentences(const workloads::TrainingData& training, const std::string& side) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(training.size()));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  const Batch batch = training.gather(all, 1);
  const at::Tensor tokens = batch.at(side), segments = batch.at(side + "_segmentation");
  const auto* token = tokens.const_data_ptr<std::int64_t>();
  const auto* segment = segments.const_data_ptr<std::int64_t>();
  std::set<Sentence> found;
  Sentence sentence;
  for (std::int64_t i = 0; i < tokens.numel(); ++i) {
    if (segment[i] != 0) sentence.push_back(token[i]);
    if (token[i] != 2) continue;  // the end
    found.insert(sentence);
    sentence.clear();
  }
  return found;
}

/// Keeps what is evaluated.
class Listener final : public workloads::Model {
 public:
  explicit Listener(workloads::Model& model) : model_(model) { parameters_ = model.parameters(); }
  void initialize(std::uint64_t seed) override { model_.initialize(seed); }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    for (const char* side : {"inputs", "targets"}) {
      for (const at::Tensor& row : batch.at(side).unbind()) {
        const at::Tensor tokens = row.masked_select(row.gt(0));
        const auto* begin = tokens.const_data_ptr<std::int64_t>();
        heard[side].insert(Sentence(begin, begin + tokens.numel()));
      }
    }
    return model_.forward(batch, options);
  }
  std::map<std::string, std::set<Sentence>> heard;

 private:
  workloads::Model& model_;
};

TEST(LibreOfficeTransformer, PreparesTheSameBytesTwiceAndSharesNoSentence) {
  const auto packages = test::data_packages("libreoffice-de");
  if (!packages) GTEST_SKIP() << test::no_data_packages("libreoffice-de");
  const test::TemporaryFolder a, b;
  const auto workload = make_libreoffice(libreoffice_config());
  workload->prepare(*packages, a.path());
  workload->prepare(*packages, b.path());
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(a.path())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const fs::path name = entry.path().lexically_relative(a.path());
    EXPECT_EQ(contents(entry.path()), contents(b.path() / name)) << name;
  }
  EXPECT_EQ(files, 4u);

  const auto training = workload->open_training(a.path() / "training");
  const auto evaluation = workload->open_evaluation(a.path() / "held_back");
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  for (const char* side : {"inputs", "targets"}) {
    SCOPED_TRACE(side);
    const auto seen = sentences(*training, side);
    EXPECT_GT(seen.size(), 25000u);
    for (const auto split :
         {workloads::Split::train_subset, workloads::Split::validation, workloads::Split::test}) {
      Listener listener(*model);
      evaluation->evaluate(listener, split, 96);
      std::size_t shared = 0;
      for (const Sentence& sentence : listener.heard.at(side)) shared += seen.contains(sentence);
      const auto size = listener.heard.at(side).size();
      EXPECT_GT(size, 350u);
      EXPECT_EQ(shared, split == workloads::Split::train_subset ? size : 0u);
    }
  }
}

TEST(LibreOfficeTransformer, FactsAndVariants) {
  for (const std::string variant : {"", "_attention_temp", "_glu_tanh", "_bias_free", "_deep",
                                    "_deep_scaled", "_embedding_scaled", "_gated_relu_attention",
                                    "_parallel", "_rmsnorm", "_mup", "_mup_d256", "_d256"}) {
    SCOPED_TRACE(variant);
    const auto& entry = workloads::find("libreoffice_transformer" + variant);
    EXPECT_EQ(entry.base, "libreoffice_transformer");
    const auto facts = entry.make()->facts();
    EXPECT_EQ(facts.dataset, "libreoffice_de_en");
    EXPECT_EQ(facts.source, workloads::DataSource::packages);
    EXPECT_EQ(facts.metric, "accuracy");
    EXPECT_EQ(facts.default_dropout, 0);
  }
}

}  // namespace
}  // namespace timetrial::transformer
