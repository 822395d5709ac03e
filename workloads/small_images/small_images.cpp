#include "workloads/small_images/small_images.h"

#include "workloads/abridged.h"
#include "workloads/data/subset.h"
#include "workloads/data/tensor_io.h"
#include "workloads/evaluators.h"
#include "workloads/metrics/classification.h"
#include "workloads/small_images/image_evaluators.h"

#include <timetrial/random.h>

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>

namespace timetrial::small_images {
namespace {

Examples open(const std::filesystem::path& file, const Format& format) {
  const auto opened = data::open(file, format.remedy);
  std::vector<std::int64_t> shape = {-1};
  shape.insert(shape.end(), format.image_shape.begin(), format.image_shape.end());
  const auto images = data::read(opened, "images", at::kByte, shape);
  const auto ids = [&](const char* name) {
    return data::read(opened, name, at::kByte, {images.size(0)});
  };
  Examples examples{images, ids("labels")};
  if (opened->contains("textures")) examples.textures = ids("textures");
  return examples;
}

Batch batch_of(const at::Tensor& inputs, const at::Tensor& labels) {
  return Batch({{"inputs", inputs},
                {"targets", labels.to(at::kLong)},
                {"weights", at::ones({labels.size(0)})}});
}

class Training final : public workloads::TrainingData {
 public:
  Training(const std::filesystem::path& folder, const Format& format)
      : format_(format), examples_(open(folder / "train.safetensors", format)) {}
  std::int64_t size() const override { return examples_.size(); }
  bool worth_reading_ahead() const override { return bool{format_.augmented_inputs}; }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t seed) const override {
    const auto rows = at::tensor(at::ArrayRef<std::int64_t>(indices.data(), indices.size()));
    const at::Tensor images = examples_.images.index_select(0, rows);
    const at::Tensor labels = examples_.labels.index_select(0, rows);
    if (!format_.augmented_inputs) return batch_of(format_.inputs(images), labels);
    std::vector<std::uint64_t> seeds;
    for (const std::int64_t index : indices) {
      seeds.push_back(derive_seed(seed, "image", static_cast<std::uint64_t>(index)));
    }
    return batch_of(format_.augmented_inputs(images, seeds), labels);
  }

 private:
  Format format_;
  Examples examples_;
};

class HeldBack final : public workloads::Evaluation,
                       public workloads::Evaluators,
                       public workloads::Abridged {
 public:
  HeldBack(const std::filesystem::path& folder, const Format& format, std::int64_t batch_size)
      : format_(format),
        splits_{open(folder / "train_subset.safetensors", format),
                open(folder / "validation.safetensors", format),
                open(folder / "test.safetensors", format)} {
    default_batch_size = batch_size;
    if (const auto file = folder / "conflicts.safetensors"; std::filesystem::exists(file)) {
      conflicts_ = open(file, format);
    }
  }
  std::int64_t size(workloads::Split split) const override { return examples(split).size(); }
  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override;

  std::vector<std::string> evaluators() const override { return evaluators_of(studied()); }
  std::map<std::string, double> look(const std::string& evaluator, workloads::Model& model,
                                     std::int64_t batch_size) const override {
    return small_images::look(evaluator, model, studied(), batch_size);
  }
  void keep_first(std::int64_t examples) override {
    for (Examples& split : splits_) split = rows(split, 0, examples);
    if (conflicts_.images.defined()) conflicts_ = rows(conflicts_, 0, examples);
  }

 private:
  StudiedImages studied() const {
    return {format_, examples(workloads::Split::validation), examples(workloads::Split::test),
            conflicts_};
  }
  const Examples& examples(workloads::Split split) const {
    return splits_[static_cast<std::size_t>(split)];
  }
  Format format_;
  std::array<Examples, 3> splits_;  // in the order of Split
  Examples conflicts_;
};

std::map<std::string, double> HeldBack::evaluate(workloads::Model& model, workloads::Split split,
                                                 std::int64_t batch_size) const {
  if (batch_size < 1) throw std::invalid_argument("batch_size must be at least 1");
  const at::NoGradGuard no_grad;
  const auto device = model.parameters().front().tensor.device();
  const at::Tensor &images = examples(split).images, &labels = examples(split).labels;
  ForwardOptions options;
  options.training = false;
  metrics::ClassificationSums sums;
  for (std::int64_t begin = 0; begin < labels.size(0); begin += batch_size) {
    const auto end = std::min(begin + batch_size, labels.size(0));
    auto batch = batch_of(format_.inputs(images.slice(0, begin, end)), labels.slice(0, begin, end));
    batch.set("inputs", batch.inputs().to(device));
    sums.add(model.forward(batch, options).logits, batch.targets().to(device));
  }
  return {{"accuracy", sums.accuracy()}, {"loss", sums.loss()}};
}

void write_file(const std::filesystem::path& file, const Examples& examples) {
  std::filesystem::create_directories(file.parent_path());
  std::vector<std::pair<std::string, at::Tensor>> tensors{{"images", examples.images},
                                                          {"labels", examples.labels}};
  if (examples.textures.defined()) tensors.emplace_back("textures", examples.textures);
  tensorfile::write_file(file, data::views(tensors), {});
}

}  // namespace

Examples rows(const Examples& examples, std::int64_t begin, std::int64_t end, std::int64_t step) {
  const auto some = [&](const at::Tensor& all) {
    return all.defined() ? all.slice(0, begin, end, step).contiguous() : all;
  };
  return {some(examples.images), some(examples.labels), some(examples.textures)};
}

Examples some_of(const Examples& examples, std::int64_t count, const std::string& purpose) {
  const auto chosen = at::tensor(data::subset(examples.size(), count, purpose));
  const auto some = [&](const at::Tensor& all) {
    return all.defined() ? all.index_select(0, chosen) : all;
  };
  return {some(examples.images), some(examples.labels), some(examples.textures)};
}

void write(const std::filesystem::path& out, const Splits& splits) {
  write_file(out / "training/train.safetensors", splits.training);
  write_file(out / "held_back/train_subset.safetensors", splits.train_subset);
  write_file(out / "held_back/validation.safetensors", splits.validation);
  write_file(out / "held_back/test.safetensors", splits.test);
  if (splits.conflicts.images.defined()) {
    write_file(out / "held_back/conflicts.safetensors", splits.conflicts);
  }
}

std::unique_ptr<workloads::TrainingData> open_training(const std::filesystem::path& training_dir,
                                                       const Format& format) {
  return std::make_unique<Training>(training_dir, format);
}

std::unique_ptr<workloads::Evaluation> open_evaluation(const std::filesystem::path& held_back_dir,
                                                       const Format& format,
                                                       std::int64_t batch_size) {
  return std::make_unique<HeldBack>(held_back_dir, format, batch_size);
}

at::Tensor normalised_grey(const at::Tensor& images, double mean, double std) {
  return images.to(at::kFloat).mul_(1 / (255 * std)).sub_(mean / std).unsqueeze(1);
}

}  // namespace timetrial::small_images
