// `timetrial metric check` of recorded Criteo rows and hashes.
#include <nlohmann/json.hpp>

#include <cmath>

#include "workloads/data/criteo.h"
#include "workloads/data/fingerprint64.h"
#include "workloads/recorded_metric.h"

namespace timetrial::data {
namespace {

constexpr std::uint64_t kHashModulus = (std::uint64_t{1} << 31) - 1;  // of "bucket_mod_2_31"

std::vector<CheckResult> check_criteo(const nlohmann::json& record,
                                      const std::filesystem::path& file) {
  const auto& rows = record.at("rows");
  double targets = 0, counts = 0, categories = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string where = file.string() + ": row " + std::to_string(i);
    const auto found = parse_criteo_row(rows[i].get<std::string>(), where);
    targets += found.target != record.at("targets").at(i).get<float>();
    const auto expected = record.at("inputs").at(i).get<std::vector<float>>();
    for (std::size_t column = 0; column < kCriteoColumns; ++column) {
      const double difference = std::fabs(found.inputs[column] - expected.at(column));
      if (column < kCriteoCounts) {
        counts = std::max(counts, difference / std::max(1.0, std::fabs(double{expected[column]})));
      } else {
        categories += difference != 0;
      }
    }
  }
  std::vector<CheckResult> results = {
      workloads::compared("targets: differing", targets, 0),
      workloads::compared("counts", counts, 5e-7),  // a few units in float32's last place
      workloads::compared("categories: differing", categories, 0)};
  if (record.contains("vocab_sizes")) {
    const auto expected = record["vocab_sizes"].get<std::vector<std::int64_t>>();
    const bool equal = std::equal(expected.begin(), expected.end(), kCriteoVocabularies.begin(),
                                  kCriteoVocabularies.end());
    results.push_back(workloads::compared("vocab_sizes", equal ? 0 : 1, 0));
  }
  if (record.contains("hash_samples")) {
    double differing = 0;
    for (const auto& one : record["hash_samples"]) {
      const auto hash = fingerprint64(one.at("text").get<std::string>());
      differing += hash % kHashModulus != one.at("bucket_mod_2_31").get<std::uint64_t>();
    }
    results.push_back(workloads::compared("hash_samples: differing", differing, 0));
  }
  return results;
}

TIMETRIAL_RECORDED_METRIC("criteo_parse", check_criteo, "rows", "targets", "inputs");

}  // namespace
}  // namespace timetrial::data
