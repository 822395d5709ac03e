#include "harness/conformance/recorded_methods.h"

#include "harness/trial/error.h"

#include <timetrial/task_weights.h>

#include <fmt/core.h>

#include <functional>
#include <limits>
#include <map>
#include <numeric>

namespace timetrial::conformance {
namespace {

using multitask::Coefficients;
using multitask::Gram;
using Losses = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kIterative = 1e-3;  // what the reference's solvers leave
constexpr double kAnyRate = 0;       // of learning, which a first call has not come to

/// Of the columns from `begin` to before `end` of the gradients.
Gram gram_of(const std::vector<std::vector<double>>& rows, std::size_t begin, std::size_t end) {
  Gram gram(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < rows.size(); ++j) {
      for (std::size_t k = begin; k < end; ++k) gram(i, j) += rows[i][k] * rows[j][k];
    }
  }
  return gram;
}

struct Case {
  const RecordedCombination& record;
  const Gram& gram;  ///< of all columns
  OptionReader& options;
  std::size_t tasks() const { return gram.tasks(); }
};

multitask::Present everyone(const Case& c) {
  multitask::Present present(c.tasks());
  std::iota(present.begin(), present.end(), std::size_t{0});
  return present;
}

Answers one(Coefficients coefficients) {
  Answers answers;
  answers.possible.push_back({{std::move(coefficients)}});
  return answers;
}

Answers sum(const Case& c) { return one(Coefficients(c.tasks(), 1.0)); }

Answers uncertainty(const Case& c) {
  return one(multitask::Uncertainty(c.tasks(), kAnyRate).weights(everyone(c)));
}

/// Before its second epoch it is the sum.
Answers grad_norm(const Case& c) {
  c.options.number("alpha", 1.5, 0, kInfinity);
  return sum(c);
}

/// Before its third epoch it is the sum.
Answers dynamic_average(const Case& c) {
  c.options.number("T", 2, std::numeric_limits<double>::min(), kInfinity);
  return sum(c);
}

Answers geometric(const Case& c) {
  for (std::size_t i = 0; i < c.tasks(); ++i) {
    if (c.record.losses[i] > 0) continue;
    throw InputError(fmt::format("{}: task_losses[{}]: expected a number above 0 for GLS, found {}",
                                 c.record.file.string(), i, c.record.losses[i]));
  }
  return one(multitask::geometric(c.record.losses));
}

Answers mgda(const Case& c) {
  using multitask::Normalization;
  constexpr Normalization kOrder[] = {Normalization::none, Normalization::l2, Normalization::loss,
                                      Normalization::loss_plus};
  const auto normalization = kOrder[c.options.word("mgda_gn", {"none", "l2", "loss", "loss+"})];
  auto answers = one(multitask::mgda(c.gram, c.record.losses, {normalization, true}));
  if (c.tasks() < 3) return answers;
  const auto lengths = multitask::norms(c.gram);
  for (std::size_t i = 0; i < c.tasks(); ++i) {
    double by = 1;
    if (normalization == Normalization::l2 || normalization == Normalization::loss_plus) {
      by *= lengths[i];
    }
    if (normalization == Normalization::loss || normalization == Normalization::loss_plus) {
      by *= c.record.losses[i];
    }
    answers.divisors.push_back(by > 0 ? by : 1);
  }
  answers.possible.front().detail = "of the largest entry combined: the search ends early";
  return answers;
}

/// More than two tasks are met in an order that the reference draws anew.
multitask::Orders the_order(const Case& c) {
  if (c.tasks() > 2) {
    throw InputError(fmt::format(
        "{}: task_gradients: expected at most 2 rows for {}, whose order of tasks is random, "
        "found {}",
        c.record.file.string(), c.record.method, c.tasks()));
  }
  return multitask::shuffled_orders(c.tasks(), 0);
}

Answers pcgrad(const Case& c) { return one(multitask::pcgrad(c.gram, the_order(c))); }

Answers grad_vac(const Case& c) {
  const double beta = c.options.number("GradVac_beta", 0.5, 0, 1);
  // 1 and 2 are layers and matrices, of which a record has the sizes alone.
  const bool by_groups = c.options.whole("GradVac_group_type", 0, 0, 2) != 0;
  if (by_groups && c.record.groups.empty()) {
    throw InputError(
        fmt::format("{}: options.GradVac_group_type: groups need \"group_sizes\", how many "
                    "neighbouring numbers "
                    "of a row each group has; add it or record with 0",
                    c.record.file.string()));
  }
  const auto orders = the_order(c);
  Answers answers;
  answers.possible.emplace_back();
  std::size_t begin = 0;
  for (const auto size :
       by_groups ? c.record.groups : std::vector{c.record.gradients.front().size()}) {
    answers.ends.push_back(begin + size);
    const auto gram = gram_of(c.record.gradients, begin, begin + size);
    answers.possible.front().coefficients.push_back(
        multitask::GradVac(c.tasks(), beta).combine(gram, everyone(c), orders));
    begin += size;
  }
  return answers;
}

Answers cagrad(const Case& c) {
  using multitask::Rescale;
  constexpr Rescale kOrder[] = {Rescale::none, Rescale::by_square, Rescale::by_sum};
  const double radius = c.options.number("calpha", 0.5, 0, kInfinity);
  const auto rescale = kOrder[c.options.whole("rescale", 1, 0, 2)];
  auto answers = one(multitask::cagrad(c.gram, {radius, rescale}));
  answers.tolerance = kIterative;
  return answers;
}

/// IMTL-L's scales are ones at first.
Answers impartial(const Case& c) { return one(multitask::imtl_g(c.gram)); }

Answers nash(const Case& c) {
  c.options.whole("update_weights_every", 1, 1, std::numeric_limits<int>::max());
  const int iterations = c.options.whole("optim_niter", 20, 1, 1000);
  const double max_norm = c.options.number("max_norm", 1, -kInfinity, kInfinity);
  auto answers = one(multitask::nash(c.gram, {iterations, max_norm}));
  // Where CVXPY has no ECOS, LibMTL catches the error and goes on from its first coefficients.
  answers.possible.push_back(
      {{multitask::clipped(c.gram, Coefficients(c.tasks(), 1.0), max_norm)},
       "recorded without a solver: all coefficients 1, then clipped, which is what LibMTL leaves "
       "where CVXPY lacks ECOS; no bargaining solution"});
  answers.tolerance = kIterative;
  return answers;
}

Answers aligned(const Case& c) { return one(multitask::aligned(c.gram)); }

Answers famo(const Case& c) {
  c.options.number("FAMO_w_lr", 0.025, 0, kInfinity);
  c.options.number("FAMO_w_gamma", 1e-3, 0, kInfinity);
  return one(multitask::Famo(c.tasks(), kAnyRate, 0).weights(everyone(c), c.record.losses));
}

using Method = std::function<Answers(const Case&)>;
const std::map<std::string, Method>& methods() {
  static const std::map<std::string, Method> all{
      {"EW", sum},         {"UW", uncertainty},      {"GradNorm", grad_norm},
      {"GLS", geometric},  {"DWA", dynamic_average}, {"MGDA", mgda},
      {"PCGrad", pcgrad},  {"GradVac", grad_vac},    {"CAGrad", cagrad},
      {"IMTL", impartial}, {"Nash_MTL", nash},       {"Aligned_MTL", aligned},
      {"FAMO", famo}};
  return all;
}

}  // namespace

Answers answer(const RecordedCombination& record) {
  const auto method = methods().find(record.method);
  if (method == methods().end()) {
    std::string names;
    for (const auto& [name, unused] : methods()) names += (names.empty() ? "" : ", ") + name;
    throw InputError(fmt::format("{}: method: unknown method '{}'; known are {}",
                                 record.file.string(), record.method, names));
  }
  const std::size_t columns = record.gradients.front().size();
  const Gram gram = gram_of(record.gradients, 0, columns);
  OptionReader options(record);
  auto answers = method->second({record, gram, options});
  options.finish();
  if (answers.ends.empty()) answers.ends.push_back(columns);
  return answers;
}

}  // namespace timetrial::conformance
