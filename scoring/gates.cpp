#include "scoring/gates.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace timetrial::scoring {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The smallest finite time of the reference set in a column, else infinity.
double best_of(const Field& field, const std::vector<double>& times, std::size_t column) {
  double best = kInfinity;
  for (std::size_t s = 0; s < field.submissions(); ++s) {
    if (!field.is_reference[s] || !(field.competes[s] || field.fixed_reference)) continue;
    const double time = times[s * field.columns() + column];
    if (time < best) best = time;
  }
  return best;
}

Exclusion because_of_variant(Exclusion variant) {
  switch (variant) {
    case Exclusion::no_data:
      return Exclusion::variant_no_data;
    case Exclusion::beyond_cap:
      return Exclusion::variant_beyond_cap;
    default:
      return Exclusion::variant_missed;
  }
}

/// Marks a time as not counting, unless it does not count already.
void exclude(std::vector<double>& times, std::vector<Exclusion>* why, std::size_t at,
             Exclusion reason) {
  times[at] = kInfinity;
  if (why != nullptr && (*why)[at] == Exclusion::none) (*why)[at] = reason;
}

void apply_base_gate(const Field& field, std::vector<double>& times, std::vector<Exclusion>* why) {
  const std::size_t columns = field.columns();
  for (std::size_t c = 0; c < columns; ++c) {
    if (field.base_of[c] == Field::kScored) continue;
    const auto base = static_cast<std::size_t>(field.base_of[c]);
    for (std::size_t s = 0; s < field.submissions(); ++s) {
      const bool reached = times[s * columns + base] < kInfinity;
      if (!reached) exclude(times, why, s * columns + c, Exclusion::base_missed);
    }
  }
}

void apply_cap_and_held_out_gate(const Field& field, std::vector<double>& times,
                                 std::vector<Exclusion>* why) {
  const std::size_t columns = field.columns(), submissions = field.submissions();
  for (std::size_t c = 0; c < columns; ++c) {
    const double limit = field.cap * best_of(field, times, c);
    for (std::size_t s = 0; s < submissions; ++s) {
      if (times[s * columns + c] > limit) {
        exclude(times, why, s * columns + c, Exclusion::beyond_cap);
      }
    }
  }
  for (std::size_t c = 0; c < columns; ++c) {
    if (field.base_of[c] == Field::kScored) continue;
    const auto base = static_cast<std::size_t>(field.base_of[c]);
    for (std::size_t s = 0; s < submissions; ++s) {
      const std::size_t variant = s * columns + c;
      if (times[variant] < kInfinity) continue;
      exclude(times, why, s * columns + base,
              why == nullptr ? Exclusion::none : because_of_variant((*why)[variant]));
    }
  }
}

/// Marks the submission whose time is the best of a column, if it is only one.
void mark_best(const Field& field, const std::vector<double>& times, std::size_t column,
               std::vector<char>& sets) {
  const double best = best_of(field, times, column);
  std::size_t holder = 0, holders = 0;
  for (std::size_t s = 0; s < field.submissions(); ++s) {
    if (!field.is_reference[s] || !field.competes[s]) continue;
    if (best == kInfinity || times[s * field.columns() + column] != best) continue;
    holder = s;
    ++holders;
  }
  if (holders == 1) sets[holder] = 1;
}

}  // namespace

const char* to_string(Exclusion exclusion) {
  switch (exclusion) {
    case Exclusion::none:
      return "";
    case Exclusion::no_data:
      return "no data";
    case Exclusion::target_missed:
      return "target missed";
    case Exclusion::base_missed:
      return "base missed its target or has no data";
    case Exclusion::beyond_cap:
      return "slower than the limit";
    case Exclusion::variant_no_data:
      return "held-out variant has no data";
    case Exclusion::variant_missed:
      return "held-out variant missed its target";
    case Exclusion::variant_beyond_cap:
      return "held-out variant slower than the limit";
  }
  return "";
}

void apply_gates(const Field& field, std::vector<double>& times, std::vector<Exclusion>* why) {
  if (why != nullptr) {
    why->assign(times.size(), Exclusion::none);
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (std::isnan(times[i])) (*why)[i] = Exclusion::no_data;
      if (times[i] == kInfinity) (*why)[i] = Exclusion::target_missed;
    }
  }
  apply_base_gate(field, times, why);
  apply_cap_and_held_out_gate(field, times, why);
}

std::vector<char> sets_a_best_alone(const Field& field, std::vector<double> times) {
  std::vector<char> sets(field.submissions(), 0);
  if (field.fixed_reference) return sets;
  apply_base_gate(field, times, nullptr);
  for (std::size_t c = 0; c < field.columns(); ++c) mark_best(field, times, c, sets);
  apply_cap_and_held_out_gate(field, times, nullptr);
  for (std::size_t c = 0; c < field.columns(); ++c) mark_best(field, times, c, sets);
  return sets;
}

void ratios_to_best(const Field& field, const std::vector<double>& gated_times,
                    std::vector<double>& ratios) {
  const std::size_t columns = field.columns();
  const auto scored = static_cast<std::size_t>(
      std::count(field.base_of.begin(), field.base_of.end(), Field::kScored));
  ratios.assign(field.submissions() * scored, kInfinity);
  std::size_t at = 0;
  for (std::size_t c = 0; c < columns; ++c) {
    if (field.base_of[c] != Field::kScored) continue;
    const double best = best_of(field, gated_times, c);
    for (std::size_t s = 0; s < field.submissions(); ++s) {
      const double time = gated_times[s * columns + c];
      if (!(time < kInfinity) || best == kInfinity) continue;
      // Equal also covers 0 / 0: a target met by the evaluation at the start.
      ratios[s * scored + at] = time == best ? 1 : time / best;
    }
    ++at;
  }
}

std::vector<double> ratios_to_best(const Field& field, const std::vector<double>& gated_times) {
  std::vector<double> ratios;
  ratios_to_best(field, gated_times, ratios);
  return ratios;
}

}  // namespace timetrial::scoring
