#include "workloads/lm/byte_text.h"
#include "workloads/lm/byte_windows.h"
#include "workloads/multilingual/multilingual.h"
#include "workloads/multilingual/texts.h"
#include "workloads/multitask/joined_tasks.h"
#include "workloads/multitask/task_losses.h"

#include <set>

namespace timetrial::multilingual {
namespace {

namespace fs = std::filesystem;
using transformer::Part;

constexpr const char* kPrepare = "timetrial data prepare libreoffice_lm";
/// Bytes predicted in validation and test, and in train_subset, if the language has so many.
constexpr std::size_t kEvaluationBytes = 24'576, kSubsetBytes = 8'192;

/// The texts of one part in the language that is not English, each once and on a line of its own.
std::string join(const std::vector<transformer::SplitPair>& pairs, Part part) {
  std::string text;
  std::set<std::string> seen;
  for (const auto& pair : pairs) {
    if (pair.part == part && seen.insert(pair.text.other).second) text += pair.text.other + '\n';
  }
  return text;
}

class LibreOfficeLm final : public workloads::Workload {
 public:
  explicit LibreOfficeLm(const lm::Config& config) : config_(config) { lm::validate(config); }

  workloads::Facts facts() const override {
    workloads::Facts facts;
    facts.loss_type = LossType::softmax_cross_entropy;
    facts.metric = "bits_per_byte";
    facts.higher_is_better = false;
    facts.dataset = "libreoffice_lm";
    facts.one_task_per_example = true;
    for (const char* language : kLanguages) {
      facts.tasks.push_back({language, "bits_per_byte", /*higher_is_better=*/false});
    }
    return facts;
  }

  std::string configuration() const override {
    return "evaluation_bytes = " + std::to_string(kEvaluationBytes) + "\n" + lm::to_text(config_);
  }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return lm::make_transformer(config_, device);
  }

  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override {
    return multitask::with_task_losses(
        lm::training_loss(batch, output.logits, label_smoothing, config_.z_loss),
        batch.weights().unsqueeze(1).expand_as(batch.targets()), batch.at("tasks"),
        kLanguages.size());
  }

  std::unique_ptr<workloads::TrainingData> open_training(
      const fs::path& training_dir) const override {
    std::vector<std::unique_ptr<workloads::TrainingData>> parts;
    for (const char* language : kLanguages) {
      parts.push_back(
          lm::open_byte_text(training_dir / language, config_.sequence_length, kPrepare));
    }
    return multitask::join_training(std::move(parts));
  }

  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const fs::path& held_back_dir) const override {
    std::vector<std::unique_ptr<workloads::Evaluation>> parts;
    for (const char* language : kLanguages) {
      parts.push_back(lm::open_held_back_byte_text(held_back_dir / language,
                                                   config_.sequence_length, kPrepare));
    }
    return multitask::join_evaluations({kLanguages.begin(), kLanguages.end()}, std::move(parts));
  }

  void prepare(const fs::path& packages, const fs::path& out) const override {
    const auto texts = read_texts(packages);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto write = [&](const char* half, const char* split, const std::string& text,
                             std::size_t predicted) {
        lm::write_bytes(out / half / kLanguages[i] / (std::string(split) + ".safetensors"),
                        std::string_view(text).substr(0, predicted));
      };
      const std::string training = join(texts[i], Part::training);
      write("training", "train", training, training.size());
      // The first byte is only an input.
      write("held_back", "train_subset", training, kSubsetBytes + 1);
      write("held_back", "validation", join(texts[i], Part::validation), kEvaluationBytes + 1);
      write("held_back", "test", join(texts[i], Part::test), kEvaluationBytes + 1);
    }
  }

 private:
  lm::Config config_;
};

}  // namespace

std::unique_ptr<workloads::Workload> make_lm(const lm::Config& config) {
  return std::make_unique<LibreOfficeLm>(config);
}

TIMETRIAL_WORKLOAD("libreoffice_lm", make_lm, lm::gcide_config());

}  // namespace timetrial::multilingual
