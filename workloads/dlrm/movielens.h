#pragma once
// MovieLens 100k as a ranking task: did the user like (rate 4 or 5) the film they rated at this
// moment? Events in time order, with features that were known before.
//
// Split   within each user by time: the last tenth is test, the tenth before it validation, the
// rest
//         training (tenths rounded down; ties in time broken by item number)
// Leakage counts and rates of users and films are over *training* events of *strictly earlier*
// time,
//         so nothing of an event's own moment, of the future, or of held-back labels is in any
//         input
// Columns as listed at kDenseFeatures and kCategoricalFeatures

#include "workloads/dlrm/movielens_table.h"

#include <array>
#include <cstdint>
#include <vector>

namespace timetrial::dlrm {

/// Age / 100; year of the film from 1900 in centuries and whether it is known; hour of the day and
/// day of the week (UTC) as sine and cosine; the user's number of earlier events as
/// log(1 + n) / log(1000) and the rate of liked ones among them, (liked + 1) / (n + 2); the film's
/// two.
constexpr std::int64_t kDenseFeatures = 11;
/// User, film, gender, occupation, first two signs of the zip code, and up to six genres.
constexpr std::int64_t kCategoricalFeatures = 11;
constexpr std::int64_t kGenreColumns = 6;
constexpr std::int64_t kColumns = kDenseFeatures + kCategoricalFeatures;

enum class Part { training, validation, test };

struct Event {
  Interaction interaction;
  Part part = Part::training;
  std::array<float, kColumns> features{};  ///< dense ones, then ids
  bool liked = false;
};

/// Every interaction once, sorted by (time, user, film). Ids of different columns never coincide:
/// each column has its own range, all below `vocab_size`. Throws DataError when a user or film is
/// not in its table, when a film has more than six genres, or when the ids need more than
/// `vocab_size` rows.
std::vector<Event> make_events(const Tables& tables, std::int64_t vocab_size);

/// The events of each part, in order. The training events that are evaluated are as many as
/// validation has, evenly spread over time.
struct EventParts {
  std::vector<const Event*> training, train_subset, validation, test;
};
EventParts parts_of(const std::vector<Event>& events);

}  // namespace timetrial::dlrm
