// Adafactor: second moments of matrices kept as a mean per row and per column.
// Source  Shazeer and Stern 2018, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost",
//         in the form of Zhai et al. 2022, "Scaling Vision Transformers" (a momentum, no scaling by
//         the parameter); the same arithmetic as AlgoPerf's baseline
// State   a momentum per parameter; a row and a column of means, or for a vector a second moment;
//         the number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/rate_groups.h>
#include <timetrial/stability_threshold.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>
#include <utility>

namespace {

class Adafactor final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    beta1_ = read.fraction("beta1", 0.9);
    beta2_ = read.inner_fraction("beta2", 0.99);
    options_ = timetrial::read_baseline(read, training.workload());
    rates_ = timetrial::RateGroups(read, options_);
    read.finish();
    rates_.init(training);
    momentum_ = timetrial::zeros_like_parameters(training);
    for (const auto& parameter : training.parameters()) {
      const at::Tensor& tensor = parameter.tensor;
      auto row = tensor.sizes().vec(), column = row;
      if (tensor.dim() >= 2) {
        row.pop_back();
        column.erase(column.end() - 2);
      } else {
        column = {0};
      }
      const auto options = tensor.options().requires_grad(false);
      rows_.push_back(at::zeros(row, options));
      columns_.push_back(at::zeros(column, options));
    }
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    const auto count = static_cast<double>(++updates_);
    // 0 in the first update, which corrects the bias.
    const double past = beta2_ * (1 - std::pow(beta2_, count - 1)) / (1 - std::pow(beta2_, count));
    rates_.each(reached, options_.learning_rate(training.step()),
                [&](timetrial::GradientList& part, const timetrial::Rates& rates) {
                  timetrial::adafactor_update(part.weights, part.gradients, part.of(momentum_),
                                              part.of(rows_), part.of(columns_),
                                              {.rate = rates.rate,
                                               .beta1 = beta1_,
                                               .past = past,
                                               .weight_decay = rates.weight_decay});
                });
  }

  std::optional<timetrial::Preconditioner> preconditioner(
      const timetrial::Training& training) const override {
    if (updates_ == 0) return {};
    std::vector<at::Tensor> roots;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      at::Tensor moment = rows_[i];
      if (columns_[i].numel() > 0) {
        // The outer product of both, over the mean of the rows' means.
        moment = rows_[i]
                     .div(rows_[i].mean(-1, /*keepdim=*/true))
                     .unsqueeze(-1)
                     .mul(columns_[i].unsqueeze(-2));
      }
      // What no gradient has reached has no moment, and is left out.
      moment =
          moment.masked_fill(moment.gt(0).logical_not_(), std::numeric_limits<double>::infinity());
      roots.push_back(moment.sqrt().div_(rates_.of(i, 1).rate));
    }
    const double rate = options_.learning_rate(training.step());
    return timetrial::diagonal_preconditioner(std::move(roots),
                                              timetrial::averaged_threshold(rate, beta1_));
  }

  void save(timetrial::StateWriter& out) const override {
    out.put("momentum", momentum_);
    out.put("rows", rows_);
    out.put("columns", columns_);
    out.put("updates", updates_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "momentum", momentum_);
    timetrial::load_into(in, "rows", rows_);
    timetrial::load_into(in, "columns", columns_);
    updates_ = in.integer("updates");
  }

 private:
  double beta1_ = 0, beta2_ = 0;
  timetrial::BaselineOptions options_;
  timetrial::RateGroups rates_;
  // In the order of Training::parameters(). A vector has its second moment in rows_ and nothing in
  // columns_.
  std::vector<at::Tensor> momentum_, rows_, columns_;
  std::int64_t updates_ = 0;
};

}  // namespace

TIMETRIAL_SUBMISSION(Adafactor, "adafactor", "Timetrial authors")
