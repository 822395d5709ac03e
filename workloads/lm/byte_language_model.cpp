#include "workloads/lm/byte_language_model.h"

#include "workloads/lm/byte_text.h"

namespace timetrial::lm {

ByteLanguageModel::ByteLanguageModel(const Config& config, std::string dataset,
                                     const std::string& base)
    : config_(config),
      dataset_(std::move(dataset)),
      prepare_command_("timetrial data prepare " + base) {
  validate(config);
}

workloads::Facts ByteLanguageModel::facts() const {
  workloads::Facts facts;
  facts.loss_type = LossType::softmax_cross_entropy;
  facts.metric = "bits_per_byte";
  facts.higher_is_better = false;
  facts.dataset = dataset_;
  return facts;
}

std::string ByteLanguageModel::configuration() const {
  return "evaluation_bytes = " + std::to_string(kEvaluationBytes) + "\n" + to_text(config_);
}

std::unique_ptr<workloads::Model> ByteLanguageModel::make_model(c10::Device device) const {
  return make_transformer(config_, device);
}

Loss ByteLanguageModel::loss(const Batch& batch, const ModelOutput& output,
                             double label_smoothing) const {
  return training_loss(batch, output.logits, label_smoothing, config_.z_loss);
}

std::unique_ptr<workloads::TrainingData> ByteLanguageModel::open_training(
    const std::filesystem::path& training_dir) const {
  return open_byte_text(training_dir, config_.sequence_length, prepare_command_);
}

std::unique_ptr<workloads::Evaluation> ByteLanguageModel::open_evaluation(
    const std::filesystem::path& held_back_dir) const {
  return open_held_back_byte_text(held_back_dir, config_.sequence_length, prepare_command_);
}

}  // namespace timetrial::lm
