// Adam-mini: AdamW with one second moment for a block of weights.
// Source  Zhang et al. 2024, "Adam-mini: Use Fewer Learning Rates To Gain More" (arXiv 2406.16793),
//         Algorithms 1 and 2; the same arithmetic as the authors' implementation, which finds the
//         blocks by the names of layers where this one goes by ParameterType
// State   a first moment per parameter, a float32 second moment per block, numbers of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/rate_groups.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace {

using timetrial::ParameterType;

/// Which weights share a second moment.
struct Partition {
  enum class Blocks { elements, rows, tensor } blocks = Blocks::tensor;
  /// Of rows: so many from the first on share one in groups, which are heads; the others have one
  /// each.
  std::int64_t grouped_rows = 0, rows_per_group = 1;
};

bool is_bias(ParameterType type) {
  return type == ParameterType::bias || type == ParameterType::batch_norm_bias ||
         type == ParameterType::layer_norm_bias || type == ParameterType::attention_bias;
}

bool is_norm_scale(ParameterType type) {
  return type == ParameterType::batch_norm_scale || type == ParameterType::layer_norm_scale;
}

/// Rows that queries and keys take of a matrix that may hold values too. They come first.
std::int64_t query_and_key_rows(ParameterType type, std::int64_t rows) {
  switch (type) {
    case ParameterType::attention_q:
    case ParameterType::attention_k:
      return rows;
    case ParameterType::attention_qkv:
      return rows % 3 == 0 ? rows / 3 * 2 : 0;
    case ParameterType::attention_kv:
      return rows % 2 == 0 ? rows / 2 : 0;
    default:
      return 0;
  }
}

Partition partition(const timetrial::Parameter& parameter, std::int64_t head_size) {
  using Blocks = Partition::Blocks;
  const at::Tensor& tensor = parameter.tensor;
  if (is_bias(parameter.type) || tensor.numel() == 0) return {.blocks = Blocks::elements};
  const bool whole = tensor.dim() < 2 || is_norm_scale(parameter.type) ||
                     parameter.type == ParameterType::conv_weight;
  if (whole) return {.blocks = Blocks::tensor};
  const std::int64_t heads = query_and_key_rows(parameter.type, tensor.size(0));
  // A head that does not fit is split into its rows: no block ever has a part of two heads.
  if (heads % head_size != 0) return {.blocks = Blocks::rows};
  return {.blocks = Blocks::rows, .grouped_rows = heads, .rows_per_group = head_size};
}

/// Mean of the squares of each block: float32, of the parameter's shape, [blocks] or [].
at::Tensor mean_squares(const at::Tensor& gradient, const Partition& partition) {
  const at::Tensor squares = gradient.to(at::kFloat).square();
  if (partition.blocks == Partition::Blocks::elements) return squares;
  if (partition.blocks == Partition::Blocks::tensor) return squares.mean();
  const at::Tensor rows = squares.flatten(1).mean(1);
  if (partition.grouped_rows == 0) return rows;
  const at::Tensor heads =
      rows.narrow(0, 0, partition.grouped_rows).view({-1, partition.rows_per_group}).mean(1);
  return at::cat({heads, rows.slice(0, partition.grouped_rows)});
}

/// A value per block in the place of each of its weights, in a shape that broadcasts.
at::Tensor spread(const at::Tensor& blocks, const Partition& partition, std::int64_t dimensions) {
  if (partition.blocks != Partition::Blocks::rows) return blocks;
  const std::int64_t heads = partition.grouped_rows / partition.rows_per_group;
  const at::Tensor rows =
      at::cat({blocks.narrow(0, 0, heads).repeat_interleave(partition.rows_per_group),
               blocks.slice(0, heads)});
  std::vector<std::int64_t> shape(static_cast<std::size_t>(dimensions), 1);
  shape[0] = -1;
  return rows.view(shape);
}

class AdamMini final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    adam_ = timetrial::read_adam(read);
    const auto head_size = static_cast<std::int64_t>(read.whole("head_size", 1));
    options_ = timetrial::read_baseline(read, training.workload());
    rates_ = timetrial::RateGroups(read, options_);
    read.finish();
    rates_.init(training);
    first_ = timetrial::zeros_like_parameters(training);
    for (std::size_t i = 0; i < first_.size(); ++i) {
      const auto& parameter = training.parameters()[i];
      partitions_.push_back(partition(parameter, head_size));
      second_.push_back(mean_squares(first_[i], partitions_[i]));
      decays_.push_back(!is_bias(parameter.type) && !is_norm_scale(parameter.type));
    }
    updates_ = at::zeros({static_cast<std::int64_t>(first_.size())}, at::kLong);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    const auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    const double rate = options_.learning_rate(training.step());
    for (std::size_t i = 0; i < reached.places.size(); ++i) {
      step(reached.weights[i], reached.gradients[i], reached.places[i],
           rates_.of(reached.places[i], rate));
    }
  }

  void save(timetrial::StateWriter& out) const override {
    out.put("first_moment", first_);
    out.put("second_moment", second_);
    out.put("updates", updates_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "first_moment", first_);
    timetrial::load_into(in, "second_moment", second_);
    updates_ = in.tensor("updates");
  }

 private:
  void step(at::Tensor weight, const at::Tensor& gradient, std::size_t place,
            const timetrial::Rates& rates) {
    const auto& blocks = partitions_[place];
    const auto count = static_cast<double>(++updates_.mutable_data_ptr<std::int64_t>()[place]);
    at::Tensor &first = first_[place], &second = second_[place];
    first.lerp_(gradient, 1 - adam_.beta1);
    second.mul_(adam_.beta2).add_(mean_squares(gradient, blocks), 1 - adam_.beta2);
    const at::Tensor root =
        second.sqrt().div_(std::sqrt(1 - std::pow(adam_.beta2, count))).add_(adam_.epsilon);
    if (decays_[place]) weight.mul_(1 - rates.rate * rates.weight_decay);
    weight.add_(first.div(spread(root, blocks, weight.dim())),
                -rates.rate / (1 - std::pow(adam_.beta1, count)));
  }

  timetrial::AdamOptions adam_;
  timetrial::BaselineOptions options_;
  timetrial::RateGroups rates_;
  // Each in the order of Training::parameters().
  std::vector<Partition> partitions_;
  std::vector<bool> decays_;
  std::vector<at::Tensor> first_, second_;
  at::Tensor updates_;  // int64 [parameters], on the CPU
};

}  // namespace

TIMETRIAL_SUBMISSION(AdamMini, "adam_mini", "Timetrial authors")
