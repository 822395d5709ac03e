// Reports and scores as JSON; keys are a promise (docs/scoring.md).
#include "scoring/exporters.h"
#include "scoring/number_text.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace timetrial::scoring {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
template <class T>
Json number(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json key_of(const TrialKey& key) {
  return {{"submission", key.submission},
          {"workload", key.workload},
          {"study", key.study},
          {"trial", key.trial}};
}

Json leaderboard(const Report& report) {
  Json rows = Json::array();
  for (const auto& row : report.leaderboard) {
    rows.push_back({{"rank", row.rank},
                    {"submission", row.submission},
                    {"score", row.score},
                    {"low", number(row.low)},
                    {"high", number(row.high)},
                    {"rank_low", number(row.rank_low)},
                    {"rank_high", number(row.rank_high)},
                    {"first_probability", number(row.first)},
                    {"reached", row.reached},
                    {"total", row.total},
                    {"mean_ratio", number(row.mean_ratio)},
                    {"mean_ratio_status", row.reached > 0 ? "finite" : "nothing_reached"},
                    {"time_to_baseline", number(row.time_to_baseline)},
                    {"submission_time_s", row.submission_time_s},
                    {"evaluation_time_s", row.evaluation_time_s}});
  }
  return rows;
}

Json workloads(const Report& report) {
  Json rows = Json::array();
  for (const auto& row : report.workloads) {
    rows.push_back({{"name", row.terms.name},
                    {"base", row.terms.base.empty() ? Json(nullptr) : Json(row.terms.base)},
                    {"metric", row.terms.metric},
                    {"higher_is_better", row.terms.higher_is_better},
                    {"validation_target", row.terms.validation_target},
                    {"budget_s", row.terms.budget_s},
                    {"best_s", number(row.best_s)},
                    {"status", row.reached_by > 0 ? "reached" : "target_missed"},
                    {"reached_by", row.reached_by}});
    if (!row.informs) continue;
    rows.back()["spread"] = number(row.informs->spread);
    rows.back()["log_time_between_submissions"] = number(row.informs->between);
    rows.back()["log_time_within_submissions"] = number(row.informs->within);
  }
  return rows;
}

Json leave_one_out(const Report& report) {
  Json rows = Json::array();
  for (const auto& left : report.leave_one_out) {
    Json others = Json::array();
    for (std::size_t i = 0; i < left.scores.size(); ++i) {
      if (left.ranks[i] == 0) continue;
      others.push_back({{"submission", report.leaderboard[i].submission},
                        {"score", left.scores[i]},
                        {"rank", left.ranks[i]}});
    }
    rows.push_back({{"left_out", left.submission},
                    {"reorders_others", left.reorders},
                    {"others", std::move(others)}});
  }
  return rows;
}

Json wins(const Report& report) {
  Json rows = Json::array();
  for (std::size_t a = 0; a < report.wins.size(); ++a) {
    Json against = Json::object();
    for (std::size_t b = 0; b < report.wins[a].size(); ++b) {
      if (a != b) against[report.leaderboard[b].submission] = report.wins[a][b];
    }
    rows.push_back(
        {{"submission", report.leaderboard[a].submission}, {"faster_than", std::move(against)}});
  }
  return rows;
}

Json studies(const CellTime& cell) {
  Json rows = Json::array();
  for (const auto& study : cell.studies) {
    const bool reached = study.best.reached();
    rows.push_back({{"study", study.study},
                    {"time_s", number(study.best.time_s)},
                    {"last_miss_s", reached ? Json(study.best.last_miss_s) : Json(nullptr)},
                    {"status", study.missing ? "study_missing"
                               : reached     ? "reached"
                                             : "target_missed"},
                    {"trial", reached ? Json(study.trial) : Json(nullptr)},
                    {"finished", study.finished},
                    {"failed", study.failed},
                    {"unfinished", study.unfinished}});
  }
  return rows;
}

Json times(const Report& report) {
  Json rows = Json::array();
  for (const auto& row : report.times) {
    rows.push_back({{"submission", row.time.submission},
                    {"workload", row.time.workload},
                    {"time_s", number(row.time.median_s)},
                    {"bracket_low_s", number(row.time.bracket_low_s)},
                    {"counted_s", number(row.counted.counted_s)},
                    {"excluded_by", row.counted.excluded == Exclusion::none
                                        ? Json(nullptr)
                                        : Json(to_string(row.counted.excluded))},
                    {"ratio", number(row.ratio)},
                    {"status", to_string(row.time.status)},
                    {"missing_studies", row.time.missing_studies},
                    {"studies", studies(row.time)}});
  }
  return rows;
}

Json trials(const Report& report) {
  Json rows = Json::array();
  for (const auto& trial : report.trials) {
    Json row = key_of(trial.key);
    row["outcome"] = trial.outcome;
    row["reason"] = trial.reason;
    row["failed"] = trial.failed;
    row["hyperparameters"] = *trial.point;
    row["step"] = trial.step;
    row["submission_time_s"] = trial.submission_time_s;
    row["data_wait"] = trial.data_wait ? Json(*trial.data_wait) : Json(nullptr);
    row["time_to_target_s"] = number(trial.target.time_s);
    row["status"] = trial.target.reached() ? "reached" : trial.outcome;
    rows.push_back(std::move(row));
  }
  return rows;
}

Json profiles(const Report& report) {
  Json rows = Json::array();
  for (const auto& profile : report.profiles) {
    Json steps = Json::array();
    for (const auto& step : profile.steps)
      steps.push_back({{"tau", step.tau}, {"share", step.share}});
    rows.push_back({{"submission", profile.submission}, {"steps", std::move(steps)}});
  }
  return rows;
}

Json curves(const Report& report) {
  Json rows = Json::array();
  for (const auto& curve : report.curves) {
    Json times = Json::array(), steps = Json::array(), values = Json::array();
    for (const auto& p : curve.points) {
      times.push_back(p.submission_time_s);
      steps.push_back(p.step);
      values.push_back(number(p.value));  // null: not finite
    }
    Json row = key_of(curve.key);
    row["best"] = curve.best;
    row["time_to_target_s"] = number(curve.target.time_s);
    row["status"] = curve.target.reached() ? "reached" : "not_reached";
    row["time_s"] = std::move(times);
    row["step"] = std::move(steps);
    row["value"] = std::move(values);
    rows.push_back(std::move(row));
  }
  return rows;
}

Json quarantined(const Report& report) {
  Json rows = Json::array();
  for (const auto& trial : report.quarantined) {
    rows.push_back(key_of(trial.key));
    rows.back()["reason"] = trial.reason;
  }
  return rows;
}

Json hardware_profiles(const Provenance& from) {
  return from.hardware_profiles.empty() ? Json{from.hardware_profile}
                                        : Json(from.hardware_profiles);
}

Json origin(const Report& report, const char* schema) {
  const auto& from = report.provenance;
  Json json = {{"schema", schema},
               {"title", report.title},
               {"mode", to_string(report.options.mode)},
               {"tau_max", report.options.tau_max},
               {"rule_set", from.rule_set},
               {"rule_set_hash", from.rule_set_hash},
               {"sweep", from.sweep},
               {"tuning", from.tuning},
               {"studies", report.planned_studies},
               {"hardware_profile", from.hardware_profile},
               {"hardware_profiles", hardware_profiles(from)},
               {"mixed_hardware_profiles", from.hardware_profiles.size() > 1},
               {"date", date_text(report.date_ns)},
               {"sweep_date", date_text(from.created_ns)},
               {"store_hash", from.store_hash},
               {"versions", from.versions},
               {"max_steps", number(from.max_steps)},
               {"comparable_in_time", !from.max_steps.has_value()},
               {"interval_status", report.interval_status},
               {"same_order_probability", number(report.same_order)},
               {"baseline", report.baseline.empty() ? Json(nullptr) : Json(report.baseline)},
               {"reference_set", report.options.reference_set},
               {"quarantined", quarantined(report)},
               {"quarantined_counted", report.counts_quarantined},
               {"notes", report.notes}};
  return json;
}

/// Reasons of crashed trials may hold any bytes: what is no UTF-8 becomes U+FFFD.
std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_json(const Report& report, int indent) {
  Json json = origin(report, "timetrial.report/2");
  json["workloads"] = workloads(report);
  json["leaderboard"] = leaderboard(report);
  json["times_to_target"] = times(report);
  json["trials"] = trials(report);
  json["profiles"] = profiles(report);
  json["leave_one_out"] = leave_one_out(report);
  json["wins"] = wins(report);
  json["learning_curves"] = curves(report);
  return dump(json, indent);
}

std::string to_score_json(const Report& report) {
  Json json = origin(report, "timetrial.score/1");
  json["scores"] = leaderboard(report);
  return dump(json, 1);
}

}  // namespace timetrial::scoring
