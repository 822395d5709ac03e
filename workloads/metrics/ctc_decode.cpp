#include "workloads/metrics/ctc_decode.h"

#include "workloads/recorded_metric.h"
#include "workloads/recorded_tensor.h"

#include <nlohmann/json.hpp>

namespace timetrial::metrics {
namespace {

using Tokens = std::vector<std::int64_t>;

constexpr std::int64_t kBlank = 0;

Tokens collapse(const std::int64_t* frames, std::int64_t count) {
  Tokens tokens;
  std::int64_t last = kBlank;
  for (std::int64_t t = 0; t < count; ++t) {
    if (frames[t] != last && frames[t] != kBlank) tokens.push_back(frames[t]);
    last = frames[t];
  }
  return tokens;
}

/// What the record calls decoded, without what decoded_paddings marks.
Tokens expected_tokens(const nlohmann::json& decoded, const nlohmann::json& paddings) {
  Tokens tokens;
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    if (paddings.at(i).get<double>() == 0) tokens.push_back(decoded.at(i).get<std::int64_t>());
  }
  return tokens;
}

CheckResult check_case(const nlohmann::json& record, const std::string& name) {
  const auto found = ctc_greedy_decode(workloads::recorded_tensor(record.at("logits")),
                                       workloads::recorded_tensor(record.at("logit_paddings")));
  double wrong = 0;
  for (std::size_t b = 0; b < found.size(); ++b) {
    const auto expected =
        expected_tokens(record.at("decoded").at(b), record.at("decoded_paddings").at(b));
    if (found[b] != expected) ++wrong;
  }
  return workloads::compared(name + " sequences that differ", wrong, 0);
}

std::vector<CheckResult> check(const nlohmann::json& record, const std::filesystem::path&) {
  std::vector<CheckResult> results;
  for (const auto& one : record.at("cases")) {
    results.push_back(check_case(one, "case " + std::to_string(results.size())));
  }
  return results;
}

}  // namespace

std::vector<Tokens> ctc_greedy_decode(const at::Tensor& logits, const at::Tensor& paddings) {
  const auto best =
      logits.argmax(-1).masked_fill(paddings.ne(0), kBlank).cpu().to(at::kLong).contiguous();
  std::vector<Tokens> decoded;
  for (std::int64_t b = 0; b < best.size(0); ++b) {
    decoded.push_back(
        collapse(best.const_data_ptr<std::int64_t>() + b * best.size(1), best.size(1)));
  }
  return decoded;
}

TIMETRIAL_RECORDED_METRIC("ctc_greedy_decode", check);

}  // namespace timetrial::metrics
