#include "workloads/dlrm/ranking.h"

#include "workloads/dlrm/movielens.h"
#include "workloads/dlrm/ranking_model.h"
#include "workloads/multitask/config_text.h"
#include "workloads/multitask/workload.h"

#include <ATen/ops/empty.h>

#include <cmath>

namespace timetrial::dlrm {
namespace {

constexpr std::int64_t kTasks = 4;
constexpr int kLiked = 4, kLoved = 5, kDisliked = 2;  // stars

/// Ratings to standard deviations from the mean.
struct Scale {
  explicit Scale(const std::vector<const Event*>& events) {
    const auto count = static_cast<double>(events.size());
    for (const Event* event : events) mean += event->interaction.rating / count;
    for (const Event* event : events) {
      deviation += std::pow(event->interaction.rating - mean, 2) / count;
    }
    deviation = std::sqrt(deviation);
  }
  double mean = 0, deviation = 0;
};

multitask::Examples examples_of(const std::vector<const Event*>& events, const Scale& scale) {
  const auto count = static_cast<std::int64_t>(events.size());
  multitask::Examples examples{at::empty({count, kColumns}), at::empty({count, kTasks}), {}};
  float* input = examples.inputs.mutable_data_ptr<float>();
  float* target = examples.targets.mutable_data_ptr<float>();
  for (const Event* event : events) {
    input = std::copy(event->features.begin(), event->features.end(), input);
    const int rating = event->interaction.rating;
    *target++ = rating >= kLiked ? 1 : 0;
    *target++ = rating >= kLoved ? 1 : 0;
    *target++ = rating <= kDisliked ? 1 : 0;
    *target++ = static_cast<float>((rating - scale.mean) / scale.deviation);
  }
  return examples;
}

class Ranking final : public multitask::TabledWorkload {
 public:
  explicit Ranking(const RankingConfig& config)
      : TabledWorkload(
            {.loss_type = LossType::sigmoid_cross_entropy,
             .metric = "auc",
             .dataset = "movielens_ranking",
             .evaluation_batch_size = 2048,
             .format = {.tasks = {multitask::binary("liked"), multitask::binary("loved"),
                                  multitask::binary("disliked"), multitask::regression("rating")},
                        .input_shape = {kColumns},
                        .target_shape = {kTasks},
                        .remedy = "timetrial data prepare movielens_ranking"}}),
        config_(config) {
    validate(config);
  }

  std::string configuration() const override { return to_text(config_); }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return make_ranking_model(config_, tasks(), device);
  }

  void prepare(const std::filesystem::path& packages,
               const std::filesystem::path& out) const override {
    const auto events = make_events(read_tables(packaged_folder(packages)), config_.vocab_size);
    const EventParts parts = parts_of(events);
    const Scale scale(parts.training);
    multitask::write(out, {.training = examples_of(parts.training, scale),
                           .train_subset = examples_of(parts.train_subset, scale),
                           .validation = examples_of(parts.validation, scale),
                           .test = examples_of(parts.test, scale)});
  }

 private:
  RankingConfig config_;
};

}  // namespace

void validate(const RankingConfig& config) {
  multitask::require(config.vocab_size >= 1, "vocab_size", config.vocab_size, "use at least 1");
  multitask::require(config.embed_dim >= 1, "embed_dim", config.embed_dim, "use at least 1");
  multitask::require_widths("bottom_dims", config.bottom_dims);
  multitask::require_widths("tower_dims", config.tower_dims);
  multitask::require(config.experts >= 0, "experts", config.experts,
                     "use at least 1, or 0 for a shared bottom");
}

std::string to_text(const RankingConfig& config) {
  using multitask::text_of;
  return "bottom_dims = " + text_of(config.bottom_dims) +
         "\nembed_dim = " + text_of(config.embed_dim) + "\nexperts = " + text_of(config.experts) +
         "\ntower_dims = " + text_of(config.tower_dims) +
         "\nvocab_size = " + text_of(config.vocab_size) + "\n";
}

std::unique_ptr<workloads::Workload> make_ranking(const RankingConfig& config) {
  return std::make_unique<Ranking>(config);
}

TIMETRIAL_WORKLOAD("movielens_ranking", make_ranking, RankingConfig{});
TIMETRIAL_VARIANT("movielens_ranking_mmoe", "movielens_ranking", make_ranking,
                  RankingConfig{.bottom_dims = {64, 32}, .experts = 4});

}  // namespace timetrial::dlrm
