// Splits and features of MovieLens events; above all that nothing of the future is in them.
#include "workloads/dlrm/movielens.h"

#include <gmock/gmock.h>
#include <timetrial/random.h>

#include <cmath>
#include <map>
#include <set>

#include "workloads/workload.h"

namespace timetrial::dlrm {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kVocabulary = 256;

/// 12 users and 40 films; each user rates 25 of them, several at the same second.
Tables sample(std::uint64_t seed) {
  Tables tables;
  Random random(seed);
  for (int i = 1; i <= 12; ++i) {
    tables.users.push_back(
        {i, 20 + i, i % 2 ? "M" : "F", "writer", i % 3 == 0 ? "90210" : "85711"});
  }
  for (int i = 1; i <= 40; ++i) {
    tables.items.push_back(
        {i, 1950 + i,
         i % 2 ? std::vector<std::string>{"War"} : std::vector<std::string>{"War", "Drama"}});
  }
  for (int user = 1; user <= 12; ++user) {
    for (int k = 0; k < 25; ++k) {
      const std::int64_t item = (user * 7 + k * 3) % 40 + 1;
      tables.interactions.push_back({user, item, static_cast<int>(random.below(5)) + 1,
                                     880000000 + static_cast<std::int64_t>(random.below(100))});
    }
  }
  return tables;
}

using Key = std::pair<std::int64_t, std::int64_t>;
Key key_of(const Event& event) { return {event.interaction.user, event.interaction.item}; }

std::map<Key, Event> by_key(const std::vector<Event>& events) {
  std::map<Key, Event> out;
  for (const Event& event : events) out[key_of(event)] = event;
  return out;
}

TEST(MovieLens, EachUsersLastTenthsAreHeldBack) {
  const auto events = make_events(sample(1), kVocabulary);
  EXPECT_EQ(events.size(), 300u);
  std::map<std::int64_t, std::map<Part, int>> counts;
  std::map<std::int64_t, std::map<Part, std::pair<std::int64_t, std::int64_t>>> times;
  for (const Event& event : events) {
    const auto user = event.interaction.user, time = event.interaction.time;
    ++counts[user][event.part];
    auto [range, fresh] = times[user].try_emplace(event.part, time, time);
    range->second.first = std::min(range->second.first, time);
    range->second.second = std::max(range->second.second, time);
  }
  for (auto& [user, count] : counts) {
    EXPECT_EQ(count[Part::training], 21);
    EXPECT_EQ(count[Part::validation], 2);
    EXPECT_EQ(count[Part::test], 2);
    EXPECT_LE(times[user][Part::training].second, times[user][Part::validation].first);
    EXPECT_LE(times[user][Part::validation].second, times[user][Part::test].first);
  }
}

TEST(MovieLens, FeaturesDependOnEarlierTrainingEventsOnly) {
  const Tables tables = sample(2);
  const auto before = by_key(make_events(tables, kVocabulary));
  int spread = 0;
  for (std::size_t i = 0; i < tables.interactions.size(); i += 7) {
    // Turn one rating around: whatever is not later, or is untouched by a held-back label, stays.
    Tables changed = tables;
    Interaction& turned = changed.interactions[i];
    turned.rating = turned.rating >= 4 ? 1 : 5;
    const bool training = before.at({turned.user, turned.item}).part == Part::training;
    for (const auto& event : make_events(changed, kVocabulary)) {
      const Event& old = before.at(key_of(event));
      EXPECT_EQ(event.part, old.part);
      if (!training || event.interaction.time <= turned.time) {
        EXPECT_EQ(event.features, old.features);
      } else if (event.features != old.features) {
        EXPECT_TRUE(event.interaction.user == turned.user || event.interaction.item == turned.item);
        ++spread;
      }
    }
  }
  EXPECT_GT(spread, 50);  // and the labels of the past do reach later features
}

TEST(MovieLens, HistoriesAreCountsOverEarlierTrainingEvents) {
  const auto events = make_events(sample(3), kVocabulary);
  for (const Event& event : events) {
    int of_user = 0, of_film = 0;
    for (const Event& other : events) {
      if (other.part != Part::training || other.interaction.time >= event.interaction.time)
        continue;
      of_user += other.interaction.user == event.interaction.user ? 1 : 0;
      of_film += other.interaction.item == event.interaction.item ? 1 : 0;
    }
    EXPECT_FLOAT_EQ(event.features[7], static_cast<float>(std::log1p(of_user) / std::log(1000.0)));
    EXPECT_FLOAT_EQ(event.features[9], static_cast<float>(std::log1p(of_film) / std::log(1000.0)));
  }
}

TEST(MovieLens, HistoriesCountByHand) {
  Tables tables;
  tables.users = {{1, 30, "F", "writer", "12345"}, {2, 40, "M", "doctor", "V1G4L"}};
  tables.items = {{1, 1995, {"War"}}, {2, 0, {"Drama", "War"}}};
  tables.interactions = {{1, 1, 5, 100}, {2, 1, 2, 100}, {1, 2, 4, 200}, {2, 2, 4, 300}};
  const auto events = make_events(tables, kVocabulary);  // too few for anything held back
  ASSERT_EQ(events.size(), 4u);
  const auto expect_history = [](const Event& event, int user, float user_rate, int film,
                                 float film_rate) {
    EXPECT_FLOAT_EQ(event.features[7], static_cast<float>(std::log1p(user) / std::log(1000.0)));
    EXPECT_FLOAT_EQ(event.features[8], user_rate);
    EXPECT_FLOAT_EQ(event.features[9], static_cast<float>(std::log1p(film) / std::log(1000.0)));
    EXPECT_FLOAT_EQ(event.features[10], film_rate);
  };
  expect_history(events[0], 0, 0.5f, 0, 0.5f);
  expect_history(events[1], 0, 0.5f, 0, 0.5f);  // the same second: not yet known
  expect_history(events[2], 1, 2.0f / 3, 0, 0.5f);
  expect_history(events[3], 1, 1.0f / 3, 1, 2.0f / 3);
  EXPECT_TRUE(events[0].liked);
  EXPECT_FALSE(events[1].liked);
  EXPECT_FLOAT_EQ(events[0].features[0], 0.3f);
  EXPECT_FLOAT_EQ(events[0].features[1], 0.95f);
  EXPECT_FLOAT_EQ(events[2].features[2], 0);  // no year
}

TEST(MovieLens, ColumnsDoNotShareIds) {
  std::vector<std::set<float>> of_column(kCategoricalFeatures);
  for (const Event& event : make_events(sample(4), kVocabulary)) {
    for (std::size_t c = 0; c < of_column.size(); ++c) {
      of_column[c].insert(event.features[kDenseFeatures + c]);
    }
  }
  std::set<float> seen;
  for (std::size_t c = 0; c + kGenreColumns < of_column.size(); ++c) {
    for (const float id : of_column[c]) {
      EXPECT_TRUE(seen.insert(id).second) << "column " << c;
      EXPECT_LT(id, kVocabulary);
    }
  }
  EXPECT_EQ(of_column[1].size(), 40u);
  for (std::size_t c = of_column.size() - kGenreColumns; c < of_column.size(); ++c) {
    for (const float id : of_column[c]) EXPECT_EQ(seen.count(id), 0u);
  }
}

TEST(MovieLens, DanglingRowsAndSmallTablesAreRefused) {
  const auto message = [](const Tables& tables, std::int64_t vocabulary) -> std::string {
    try {
      make_events(tables, vocabulary);
    } catch (const workloads::DataError& error) {
      return error.what();
    }
    return "accepted";
  };
  Tables tables = sample(5);
  tables.interactions.push_back({99, 1, 3, 880000000});
  EXPECT_THAT(message(tables, kVocabulary), HasSubstr("user 99 is not in ml-100k.user"));
  tables = sample(5);
  tables.interactions.push_back({1, 99, 3, 880000000});
  EXPECT_THAT(message(tables, kVocabulary), HasSubstr("item 99 is not in ml-100k.item"));
  tables = sample(5);
  tables.items[0].genres.assign(7, "War");
  EXPECT_THAT(message(tables, kVocabulary), HasSubstr("has 7 genres, expected at most 6"));
  EXPECT_THAT(message(sample(5), 16), HasSubstr("the model's table has 16"));
}

}  // namespace
}  // namespace timetrial::dlrm
