// Tables that stand beside the plots with the same numbers, and those that compare submissions.
#include "scoring/number_text.h"
#include "scoring/report_tables.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace timetrial::scoring {
namespace {

constexpr double kRounding = 1e-12;  ///< scores that differ by less are equal

TableCell word(std::string text, std::string mark = {}) {
  return {std::move(text), std::nullopt, std::move(mark)};
}
TableCell number(std::string text, double value) { return {std::move(text), value}; }
TableCell seconds(double value) { return number(seconds_text(value), value); }

std::vector<Column> submission_columns(const Report& report, std::string first) {
  std::vector<Column> columns = {{std::move(first)}};
  for (std::size_t s = 0; s < report.leaderboard.size(); ++s) {
    columns.push_back({report.leaderboard[s].submission, true, {static_cast<int>(s), -1}});
  }
  return columns;
}

double share_at(const ProfileCurve& profile, double tau) {
  double share = 0;
  for (const auto& step : profile.steps) {
    if (step.tau <= tau) share = step.share;
  }
  return share;
}

/// The rank of `submission` among the others when `left` is not looked at, all scores as they were.
int rank_without(const Report& report, std::size_t left, std::size_t submission) {
  int rank = 1;
  for (std::size_t i = 0; i < report.leaderboard.size(); ++i) {
    const double ahead = report.leaderboard[i].score - report.leaderboard[submission].score;
    if (i != left && ahead > kRounding) ++rank;
  }
  return rank;
}

TableCell left_out_cell(const Report& report, std::size_t left, const LeftOut& without,
                        std::size_t submission) {
  const int rank = without.ranks[submission];
  if (rank == 0) return {"–", kNever, "none"};
  const int before = rank_without(report, left, submission);
  const auto text = fmt::format("{} · {}", rank, score_text(without.scores[submission]));
  if (rank == before) return number(text, rank);
  return {(rank < before ? "↑ " : "↓ ") + text, rank, "changed"};
}

/// Pairs of others, the one that was ahead first.
std::vector<std::string> turned_pairs(const Report& report, const LeftOut& without) {
  std::vector<std::string> pairs;
  const auto& rows = report.leaderboard;
  for (std::size_t a = 0; a < rows.size(); ++a) {
    for (std::size_t b = a + 1; b < rows.size(); ++b) {
      if (without.ranks[a] == 0 || without.ranks[b] == 0) continue;
      const double before = rows[a].score - rows[b].score;
      const double after = without.scores[a] - without.scores[b];
      if (before > kRounding && after < -kRounding) {
        pairs.push_back(rows[b].submission + " passes " + rows[a].submission);
      }
    }
  }
  return pairs;
}

/// Metric values from the first finite one on, best and last.
struct Ends {
  double best = std::nan(""), last = std::nan("");
};

Ends ends_of(const LearningCurve& curve, bool higher_is_better) {
  Ends ends;
  for (const auto& point : curve.points) {
    if (!std::isfinite(point.value)) continue;
    ends.last = point.value;
    if (std::isnan(ends.best) || (point.value > ends.best) == higher_is_better) {
      ends.best = point.value;
    }
  }
  return ends;
}

TableCell metric(double value) {
  return number(metric_text(value), std::isfinite(value) ? value : kNever);
}

std::map<std::string, int> numbered(const std::vector<std::string>& names) {
  std::map<std::string, int> numbers;
  for (const auto& name : names) numbers.emplace(name, static_cast<int>(numbers.size()));
  return numbers;
}

}  // namespace

TextTable profile_table(const Report& report) {
  TextTable table{"profile",
                  "Share of the scored workloads on which a submission is within a factor τ of "
                  "the fastest.",
                  {{"Submission"}},
                  {}};
  std::vector<double> taus;
  for (const double tau : {1.0, 1.1, 1.25, 1.5, 2.0, 3.0}) {
    if (tau < report.options.tau_max) taus.push_back(tau);
  }
  taus.push_back(report.options.tau_max);
  for (const double tau : taus) table.columns.push_back({fmt::format("τ = {:g}", tau), true});
  for (const auto& profile : report.profiles) {
    table.about.push_back({static_cast<int>(table.rows.size()), -1});
    table.rows.push_back({word(profile.submission)});
    for (const double tau : taus) {
      const double share = share_at(profile, tau);
      table.rows.back().push_back(number(fmt::format("{:.1f} %", 100 * share), share));
    }
  }
  return table;
}

TextTable studies_table(const Report& report) {
  TextTable table{
      "studies",
      "The time of every study, in seconds of submission time. The target was crossed "
      "between the two ends of the bracket.",
      {{"Submission"}, {"Workload"}, {"Median", true}, {"Bracket from", true}, {"Counts"}},
      {}};
  std::size_t studies = 0;
  for (const auto& row : report.times) studies = std::max(studies, row.time.studies.size());
  for (std::size_t i = 0; i < studies; ++i) {
    table.columns.push_back({fmt::format("Study {}", i), true});
  }
  for (std::size_t i = 0; i < report.times.size(); ++i) {
    const auto& row = report.times[i];
    const auto workloads = report.workloads.size();
    table.about.push_back({static_cast<int>(i / workloads), static_cast<int>(i % workloads)});
    const auto reason = short_reason(row);
    table.rows.push_back({word(row.time.submission), word(row.time.workload),
                          seconds(row.time.median_s), seconds(row.time.bracket_low_s),
                          word(reason.empty() ? "yes" : reason)});
    for (const auto& study : row.time.studies) {
      auto cell = seconds(study.best.time_s);
      if (study.missing) cell.text = "not run";
      table.rows.back().push_back(std::move(cell));
    }
    while (table.rows.back().size() < table.columns.size()) {
      table.rows.back().push_back(number("–", kNever));
    }
  }
  return table;
}

TextTable wins_table(const Report& report) {
  TextTable table{"wins",
                  "On how many of the scored workloads the submission of the row has a shorter "
                  "time than the one of the column.",
                  submission_columns(report, "Faster than →"),
                  {}};
  for (std::size_t a = 0; a < report.wins.size(); ++a) {
    table.about.push_back({static_cast<int>(a), -1});
    table.rows.push_back({word(report.leaderboard[a].submission)});
    for (std::size_t b = 0; b < report.wins[a].size(); ++b) {
      const int wins = report.wins[a][b], losses = report.wins[b][a];
      table.rows.back().push_back(
          a == b ? TableCell{"–", -1, "none"}
                 : TableCell{fmt::format("{}", wins), wins, wins > losses ? "best" : ""});
    }
  }
  return table;
}

TextTable leave_one_out_table(const Report& report) {
  TextTable table{"without",
                  "Rank and score of the others when the submission of the row had not taken "
                  "part. An arrow marks a rank that changes by more than the gap left behind.",
                  submission_columns(report, "Left out"),
                  {}};
  for (const auto& without : report.leave_one_out) {
    const std::size_t left = table.rows.size();
    table.about.push_back({static_cast<int>(left), -1});
    table.rows.push_back({word(without.submission)});
    for (std::size_t s = 0; s < report.leaderboard.size(); ++s) {
      table.rows.back().push_back(left_out_cell(report, left, without, s));
    }
  }
  return table;
}

std::vector<std::string> leave_one_out_sentences(const Report& report) {
  std::vector<std::string> sentences;
  for (const auto& without : report.leave_one_out) {
    const auto pairs = turned_pairs(report, without);
    if (pairs.empty()) continue;
    sentences.push_back(fmt::format("Without {}, {}.", without.submission, fmt::join(pairs, ", ")));
  }
  if (sentences.empty()) {
    sentences.emplace_back("Nobody's absence would let one of the others pass another.");
  }
  return sentences;
}

TextTable curves_table(const Report& report) {
  TextTable table{"runs",
                  "Where every curve drawn leads: best and last value of the validation metric.",
                  {{"Submission"},
                   {"Workload"},
                   {"Study", true},
                   {"Trial", true},
                   {"Evaluations", true},
                   {"Best", true},
                   {"Last", true},
                   {"Steps", true},
                   {"Time to target", true}},
                  {}};
  std::vector<std::string> submissions, workloads;
  for (const auto& row : report.leaderboard) submissions.push_back(row.submission);
  for (const auto& row : report.workloads) workloads.push_back(row.terms.name);
  const auto submission_of = numbered(submissions), workload_of = numbered(workloads);
  for (const auto& curve : report.curves) {
    if (curve.points.empty()) continue;
    const auto& key = curve.key;
    const int workload = workload_of.at(key.workload);
    const auto& terms = report.workloads[static_cast<std::size_t>(workload)].terms;
    const auto ends = ends_of(curve, terms.higher_is_better);
    table.about.push_back({submission_of.at(key.submission), workload});
    table.rows.push_back(
        {word(key.submission), word(key.workload), number(fmt::format("{}", key.study), key.study),
         number(fmt::format("{}", key.trial), key.trial),
         number(fmt::format("{}", curve.points.size()), static_cast<double>(curve.points.size())),
         metric(ends.best), metric(ends.last),
         number(fmt::format("{}", curve.points.back().step),
                static_cast<double>(curve.points.back().step)),
         seconds(curve.target.time_s)});
  }
  return table;
}

}  // namespace timetrial::scoring
