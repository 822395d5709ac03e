// Leaderboards as CSV (RFC 4180: CRLF, quotes doubled).
#include "scoring/exporters.h"
#include "scoring/number_text.h"

#include <fmt/core.h>

#include <cmath>

namespace timetrial::scoring {
namespace {

std::string number(double value) { return std::isfinite(value) ? exact_text(value) : ""; }
template <class T>
std::string number(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string line(const std::vector<std::string>& fields) {
  std::string text;
  for (const auto& field : fields) {
    if (!text.empty()) text += ',';  // the first field, a rank or its name, is never empty
    text += csv_field(field);
  }
  return text + "\r\n";
}

std::vector<std::string> header(const Report& report) {
  std::vector<std::string> fields = {"rank",
                                     "submission",
                                     "score",
                                     "low",
                                     "high",
                                     "rank_low",
                                     "rank_high",
                                     "first_probability",
                                     "interval_status",
                                     "reached",
                                     "total",
                                     "mean_ratio",
                                     "time_to_baseline",
                                     "submission_time_s",
                                     "evaluation_time_s"};
  for (const auto& workload : report.workloads) {
    for (const char* what : {"time_s", "bracket_low_s", "ratio", "status", "excluded_by"}) {
      fields.push_back(workload.terms.name + "/" + what);
    }
  }
  for (const char* what : {"mode", "tau_max", "sweep", "rule_set", "rule_set_hash", "tuning",
                           "hardware_profile", "store_hash", "date"}) {
    fields.emplace_back(what);
  }
  return fields;
}

}  // namespace

std::string to_csv(const Report& report) {
  std::string text = line(header(report));
  const auto& from = report.provenance;
  for (std::size_t s = 0; s < report.leaderboard.size(); ++s) {
    const auto& row = report.leaderboard[s];
    std::vector<std::string> fields = {fmt::format("{}", row.rank),
                                       row.submission,
                                       number(row.score),
                                       number(row.low),
                                       number(row.high),
                                       number(row.rank_low),
                                       number(row.rank_high),
                                       number(row.first),
                                       report.interval_status,
                                       fmt::format("{}", row.reached),
                                       fmt::format("{}", row.total),
                                       number(row.mean_ratio),
                                       number(row.time_to_baseline),
                                       number(row.submission_time_s),
                                       number(row.evaluation_time_s)};
    for (std::size_t w = 0; w < report.workloads.size(); ++w) {
      const auto& cell = report.times[s * report.workloads.size() + w];
      fields.push_back(number(cell.time.median_s));
      fields.push_back(number(cell.time.bracket_low_s));
      fields.push_back(number(cell.ratio));
      fields.emplace_back(to_string(cell.time.status));
      fields.emplace_back(to_string(cell.counted.excluded));
    }
    for (const auto& field :
         {std::string(to_string(report.options.mode)), number(report.options.tau_max), from.sweep,
          from.rule_set, from.rule_set_hash, from.tuning, from.hardware_profile, from.store_hash,
          date_text(report.date_ns)}) {
      fields.push_back(field);
    }
    text += line(fields);
  }
  return text;
}

}  // namespace timetrial::scoring
