// Held-back sentence pairs: loss and accuracy of the model, BLEU of its translations.
#include <ATen/core/grad_mode.h>

#include <stdexcept>

#include "workloads/data/subwords.h"
#include "workloads/data/tensor_io.h"
#include "workloads/metrics/bleu.h"
#include "workloads/transformer/translate.h"
#include "workloads/transformer/translation_data.h"

namespace timetrial::transformer {
namespace {

namespace fs = std::filesystem;

class Pairs {
 public:
  Pairs(const fs::path& path, const std::string& prepare_command) {
    const auto file = data::open(path, prepare_command);
    inputs_ = data::read(file, "inputs", at::kShort, {-1, -1});
    targets_ = data::read(file, "targets", at::kShort, {inputs_.size(0), inputs_.size(1)});
  }
  std::int64_t size() const { return inputs_.size(0); }
  Batch batch(std::int64_t begin, std::int64_t count) const {
    Batch batch;
    batch.set("inputs", rows(inputs_, begin, count));
    batch.set("targets", rows(targets_, begin, count));
    batch.set("weights", batch.targets().gt(0).to(at::kFloat));
    return batch;
  }

 private:
  /// Without the padding that all rows have: it takes time, and changes nothing.
  static at::Tensor rows(const at::Tensor& all, std::int64_t begin, std::int64_t count) {
    const at::Tensor padded = all.narrow(0, begin, count).to(at::kLong);
    const at::Tensor used = padded.ne(0).any(0).nonzero();
    const std::int64_t length = used.numel() == 0 ? 1 : used.max().item<std::int64_t>() + 1;
    return padded.narrow(1, 0, length).contiguous();
  }

  at::Tensor inputs_, targets_;  // int16 [N, L]
};

/// A model to translate with that has the values of `model`, which may be of any class.
std::unique_ptr<Transformer> same_values(const workloads::Model& model, const Config& config) {
  const auto& values = model.parameters();
  auto copy = make_model(config, values.front().tensor.device());
  if (values.size() != copy->parameters().size()) {
    throw std::invalid_argument("translation: the model is another than the workload's");
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    at::Tensor tensor = copy->parameters()[i].tensor;
    tensor.copy_(values[i].tensor);
  }
  return copy;
}

data::Subwords read_subwords(const fs::path& file, const Translating& translating) {
  const std::string remedy = "make it with: " + translating.prepare_command;
  auto subwords = data::Subwords::read(file, remedy);
  if (subwords.size() != translating.model.vocab_size ||
      subwords.end() != translating.search.end_token) {
    throw workloads::DataError(file.string() + ": " + std::to_string(subwords.size()) +
                               " pieces, the end of a text is " + std::to_string(subwords.end()) +
                               "; expected " + std::to_string(translating.model.vocab_size) +
                               " and " + std::to_string(translating.search.end_token) + "; " +
                               remedy);
  }
  return subwords;
}

class HeldBack final : public workloads::Evaluation {
 public:
  HeldBack(const fs::path& dir, const Translating& translating)
      : translating_(translating),
        splits_{Pairs(dir / "train_subset.safetensors", translating.prepare_command),
                Pairs(dir / "validation.safetensors", translating.prepare_command),
                Pairs(dir / "test.safetensors", translating.prepare_command)} {
    default_batch_size = translating.default_batch_size;
    if (translating.bleu) subwords_ = read_subwords(dir / kSubwordsFile, translating);
  }

  std::int64_t size(workloads::Split split) const override { return pairs(split).size(); }

  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override {
    if (batch_size < 1) throw std::invalid_argument("evaluation batch size must be at least 1");
    const at::NoGradGuard no_grad;
    const auto translator = translating_.bleu ? same_values(model, translating_.model) : nullptr;
    const c10::Device device = model.parameters().front().tensor.device();
    Sums sums;
    for (std::int64_t begin = 0; begin < size(split); begin += batch_size) {
      const Batch on_cpu = pairs(split).batch(begin, std::min(batch_size, size(split) - begin));
      Batch batch;
      for (const auto& [name, tensor] : on_cpu.tensors()) batch.set(name, tensor.to(device));
      add_likelihood(model, batch, sums);
      if (!translator) continue;
      const at::Tensor found = translate(*translator, batch.inputs(), translating_.search).cpu();
      for (std::int64_t row = 0; row < scored_rows(on_cpu.targets()); ++row) {
        sums.bleu.add(text(found[row]), text(on_cpu.targets()[row]));
      }
    }
    std::map<std::string, double> metrics = {{"loss", sums.nats / sums.tokens},
                                             {"accuracy", sums.right / sums.tokens}};
    if (translator) metrics["bleu"] = sums.bleu.score();
    return metrics;
  }

 private:
  struct Sums {
    double nats = 0, right = 0, tokens = 0;
    metrics::Bleu bleu;
  };

  static void add_likelihood(workloads::Model& model, const Batch& batch, Sums& sums) {
    ForwardOptions evaluation;
    evaluation.training = false;
    const at::Tensor logits = model.forward(batch, evaluation).logits;
    const Loss loss = token_loss(batch, logits, 0);
    sums.nats += loss.per_example.sum(at::kDouble).item<double>();
    sums.tokens += loss.valid_examples.item<double>();
    const at::Tensor right = logits.argmax(-1).eq(batch.targets());
    sums.right += right.mul(batch.weights()).sum(at::kDouble).item<double>();
  }

  std::string text(const at::Tensor& row) const {
    const at::Tensor tokens = row.contiguous();
    const auto ids =
        sentence({tokens.const_data_ptr<std::int64_t>(), static_cast<std::size_t>(tokens.numel())},
                 translating_.search.end_token);
    return subwords_->decode({ids.begin(), ids.end()});
  }

  const Pairs& pairs(workloads::Split split) const {
    return splits_[static_cast<std::size_t>(split)];
  }

  const Translating translating_;
  const Pairs splits_[3];                   // in the order of Split
  std::optional<data::Subwords> subwords_;  // none: there are no translations
};

}  // namespace

std::unique_ptr<workloads::Evaluation> open_pairs(const fs::path& held_back_dir,
                                                  const Translating& translating) {
  return std::make_unique<HeldBack>(held_back_dir, translating);
}

}  // namespace timetrial::transformer
