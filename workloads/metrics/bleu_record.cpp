// `timetrial metric check` of recorded BLEU scores, and of all that they are made from.
#include <nlohmann/json.hpp>

#include <cmath>

#include "workloads/metrics/bleu.h"
#include "workloads/recorded_metric.h"

namespace timetrial::metrics {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

/// Segments that are tokenized otherwise.
double differing_segments(const nlohmann::json& segments, const nlohmann::json& tokenized) {
  double count = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    count += joined(tokenize_13a(segments[i].get<std::string>())) != tokenized.at(i);
  }
  return count;
}

template <typename Values>
double largest_difference(const Values& found, const nlohmann::json& expected) {
  double largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double difference =
        std::fabs(static_cast<double>(found[i]) - expected.at(i).get<double>());
    largest = std::max(largest, difference);
  }
  return largest;
}

std::vector<CheckResult> check_bleu(const nlohmann::json& record, const std::filesystem::path&) {
  constexpr double kRounding = 1e-9;  // of numbers up to 100, in double precision
  std::vector<CheckResult> results;
  for (const auto& one : record.at("cases")) {
    Bleu bleu;
    const auto &hypotheses = one.at("hypotheses"), &references = one.at("references");
    for (std::size_t i = 0; i < hypotheses.size(); ++i) {
      bleu.add(hypotheses[i].get<std::string>(), references.at(i).get<std::string>());
    }
    const std::string name = one.value("name", "case " + std::to_string(results.size())) + ": ";
    const auto check = [&](const char* key, double error, double tolerance) {
      results.push_back(workloads::compared(name + key, error, tolerance));
    };
    const auto off = [&](const char* key, double found) {
      return std::fabs(found - one.at(key).get<double>());
    };
    check("score", off("score", bleu.score()), kRounding);
    if (one.contains("tokenized_hyp")) {
      check("tokenized_hyp", differing_segments(hypotheses, one["tokenized_hyp"]), 0);
      check("tokenized_ref", differing_segments(references, one.at("tokenized_ref")), 0);
    }
    if (one.contains("counts")) {
      check("counts", largest_difference(bleu.matches(), one["counts"]), 0);
      check("totals", largest_difference(bleu.totals(), one.at("totals")), 0);
      check("precisions", largest_difference(bleu.precisions(), one.at("precisions")), kRounding);
      check("brevity_penalty", off("brevity_penalty", bleu.brevity_penalty()), kRounding);
      check("sys_len", off("sys_len", static_cast<double>(bleu.translation_length())), 0);
      check("ref_len", off("ref_len", static_cast<double>(bleu.reference_length())), 0);
    }
  }
  return results;
}

TIMETRIAL_RECORDED_METRIC("bleu", check_bleu, "cases");

}  // namespace
}  // namespace timetrial::metrics
