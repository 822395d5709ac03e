// `timetrial metric check` of a recorded beam search: its model is a table, made from a recipe, of
// the logits after step t, row b and previous token p.
#include <ATen/ops/index.h>
#include <nlohmann/json.hpp>

#include "workloads/metrics/beam_search.h"
#include "workloads/recorded_metric.h"
#include "workloads/recorded_recipe.h"

namespace timetrial::metrics {
namespace {

class Table final : public BeamDecoder {
 public:
  /// `logits` [B, steps, V, V].
  Table(const at::Tensor& logits, std::int64_t beams)
      : logits_(logits), row_(at::arange(logits.size(0), at::kLong).repeat_interleave(beams)) {}

  at::Tensor next_logits(const at::Tensor& tokens) override {
    return at::index(logits_.select(1, step_++), {row_, tokens});
  }
  void keep(const at::Tensor&) override {}  // a row's past is its last token

 private:
  at::Tensor logits_, row_;
  std::int64_t step_ = 0;
};

/// Tokens that differ, up to and including the first end token of the expected row.
std::int64_t differing_tokens(const at::Tensor& found, const nlohmann::json& expected,
                              std::int64_t end_token) {
  std::int64_t count = 0;
  for (std::size_t b = 0; b < expected.size(); ++b) {
    for (std::size_t k = 0; k < expected[b].size(); ++k) {
      const auto row = expected[b][k].get<std::vector<std::int64_t>>();
      const at::Tensor beam =
          found[static_cast<std::int64_t>(b)][static_cast<std::int64_t>(k)].contiguous();
      const auto* tokens = beam.const_data_ptr<std::int64_t>();
      for (std::size_t t = 0; t < row.size(); ++t) {
        count += tokens[t] != row[t];
        if (row[t] == end_token) break;
      }
    }
  }
  return count;
}

double largest_difference(const at::Tensor& found, const nlohmann::json& expected) {
  double largest = 0;
  for (std::size_t b = 0; b < expected.size(); ++b) {
    for (std::size_t k = 0; k < expected[b].size(); ++k) {
      const double score =
          found[static_cast<std::int64_t>(b)][static_cast<std::int64_t>(k)].item<double>();
      const auto reference = expected[b][k].get<double>();
      // Placeholders of beams that never finished are about -1e7.
      largest = std::max(largest, std::abs(score - reference) / std::max(1.0, std::abs(reference)));
    }
  }
  return largest;
}

std::vector<CheckResult> check_beam_search(const nlohmann::json& record,
                                           const std::filesystem::path&) {
  std::vector<CheckResult> results;
  for (const auto& one : record.at("cases")) {
    const std::string name = "case " + std::to_string(results.size() / 3);
    BeamSearchOptions options;
    options.beams = one.at("beam_size");
    options.alpha = one.at("alpha");
    options.end_token = one.at("eos_id");
    options.max_length = one.at("max_decode_len");
    const at::Tensor logits = workloads::recorded_recipe(one.at("recipe"));
    logits.select(-1, options.end_token).add_(one.at("recipe").value("eos_bonus", 0.0));
    Table table(logits, options.beams);
    const Beams found = beam_search(table, logits.size(0), options, at::kCPU);

    const auto differing = static_cast<double>(
        differing_tokens(found.sequences, one.at("sequences"), options.end_token));
    results.push_back(workloads::compared(name + ": differing tokens", differing, 0));
    results.push_back(workloads::compared(
        name + ": scores", largest_difference(found.scores, one.at("scores")), 1e-5));
    const auto steps = one.value("steps_run", found.steps);
    results.push_back(workloads::compared(name + ": steps",
                                          static_cast<double>(std::abs(found.steps - steps)), 0));
  }
  return results;
}

TIMETRIAL_RECORDED_METRIC("beam_search", check_beam_search, "cases");

}  // namespace
}  // namespace timetrial::metrics
