// `timetrial metric check` of recorded packed rows.
#include <nlohmann/json.hpp>

#include "workloads/recorded_metric.h"
#include "workloads/transformer/packing.h"

namespace timetrial::transformer {
namespace {

std::vector<CheckResult> check_packing(const nlohmann::json& record, const std::filesystem::path&) {
  std::vector<SentencePair> pairs;
  for (const auto& one : record.at("examples")) {
    pairs.push_back({one.at("inputs").get<Tokens>(), one.at("targets").get<Tokens>()});
  }
  const auto rows = pack(pairs, record.at("length").get<std::int64_t>());
  const auto& expected = record.at("packed");
  std::vector<CheckResult> results = {workloads::compared(
      "rows", std::abs(static_cast<double>(rows.size()) - static_cast<double>(expected.size())),
      0)};
  const auto compare = [&](const std::string& key, auto part) {
    double differing = 0;
    for (std::size_t i = 0; i < std::min(rows.size(), expected.size()); ++i) {
      differing += part(rows[i]) != expected[i].at(key).get<Tokens>();
    }
    results.push_back(workloads::compared(key + ": differing rows", differing, 0));
  };
  const auto compare_side = [&](const std::string& key, PackedSide PackedRow::*side) {
    compare(key, [&](const PackedRow& row) { return (row.*side).tokens; });
    compare(key + "_position", [&](const PackedRow& row) { return (row.*side).position; });
    compare(key + "_segmentation", [&](const PackedRow& row) { return (row.*side).segmentation; });
  };
  compare_side("inputs", &PackedRow::inputs);
  compare_side("targets", &PackedRow::targets);
  return results;
}

TIMETRIAL_RECORDED_METRIC("wmt_pack", check_packing, "examples", "packed", "length");

}  // namespace
}  // namespace timetrial::transformer
