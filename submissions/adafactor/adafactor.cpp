// Adafactor: second moments of matrices kept as a mean per row and per column.
// Source  Shazeer and Stern 2018, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost",
//         in the form of Zhai et al. 2022, "Scaling Vision Transformers" (a momentum, no scaling by
//         the parameter); the same arithmetic as AlgoPerf's baseline
// State   a momentum per parameter; a row and a column of means, or for a vector a second moment;
//         the number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace {

constexpr double kSquareFloor = 1e-30;  // added to squared gradients
constexpr double kLargestRms = 1;       // of an update, before the learning rate

class Adafactor final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    beta1_ = read.fraction("beta1", 0.9);
    beta2_ = read.inner_fraction("beta2", 0.99);
    options_ = timetrial::read_baseline(read, training.workload());
    read.finish();
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
    const double rate = options_.learning_rate(training.step());
    const auto count = static_cast<double>(++updates_);
    // What is left of the past: 0 in the first update, which corrects the bias.
    const double past = beta2_ * (1 - std::pow(beta2_, count - 1)) / (1 - std::pow(beta2_, count));
    for (std::size_t i = 0; i < reached.places.size(); ++i) {
      const auto place = reached.places[i];
      at::Tensor &weight = reached.weights[i], &gradient = reached.gradients[i];
      if (gradient.numel() == 0) continue;  // the mean of nothing is not a number
      gradient.div_(root_mean_squares(gradient, place, past));
      const at::Tensor rms = gradient.square().mean().sqrt_();
      gradient.div_(rms.div_(kLargestRms).clamp_min_(1)).mul_(rate);
      momentum_[place].mul_(beta1_).add_(gradient, 1 - beta1_);
      if (options_.weight_decay != 0) weight.add_(weight, -options_.weight_decay * rate);
      weight.sub_(momentum_[place]);
    }
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
  /// What the gradient is divided by, of its shape: the root of the moment that rows and columns
  /// stand for. Both are brought up to date first.
  at::Tensor root_mean_squares(const at::Tensor& gradient, std::size_t place, double past) {
    const at::Tensor squares = gradient.square().add_(kSquareFloor);
    at::Tensor &row = rows_[place], &column = columns_[place];
    if (gradient.dim() < 2) return row.mul_(past).add_(squares, 1 - past).sqrt();
    row.mul_(past).add_(squares.mean(-1), 1 - past);
    column.mul_(past).add_(squares.mean(-2), 1 - past);
    const at::Tensor share = row.div(row.mean(-1, /*keepdim=*/true));
    return share.unsqueeze(-1).mul(column.unsqueeze(-2)).sqrt_();
  }

  double beta1_ = 0, beta2_ = 0;
  timetrial::BaselineOptions options_;
  // In the order of Training::parameters(). A vector has its second moment in rows_ and nothing in
  // columns_.
  std::vector<at::Tensor> momentum_, rows_, columns_;
  std::int64_t updates_ = 0;
};

}  // namespace

TIMETRIAL_SUBMISSION(Adafactor, "adafactor", "Timetrial authors")
