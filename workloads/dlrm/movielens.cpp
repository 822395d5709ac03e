#include "workloads/dlrm/movielens.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>
#include <tuple>

#include "workloads/workload.h"

namespace timetrial::dlrm {
namespace {

constexpr int kLikedFrom = 4;  // of 5 stars
constexpr const char* kRemedy = "; unpack the package recbole again (scripts/setup.sh)";

/// What was known of a user or a film before some moment.
struct History {
  int events = 0, liked = 0;
  float log_count() const { return static_cast<float>(std::log1p(events) / std::log(1000.0)); }
  float liked_rate() const {
    return static_cast<float>(liked + 1) / static_cast<float>(events + 2);
  }
};

/// Gives the values of each column ids of their own: first come, first numbered, column by column.
class Vocabulary {
 public:
  Vocabulary(const Tables& tables, std::int64_t rows) {
    for (const User& user : tables.users) add("user", std::to_string(user.id));
    for (const Item& item : tables.items) add("film", std::to_string(item.id));
    for (const User& user : tables.users) add("gender", user.gender);
    for (const User& user : tables.users) add("occupation", user.occupation);
    for (const User& user : tables.users) add("zip", user.zip.substr(0, 2));
    add("genre", "");  // fills the columns that a film leaves empty
    for (const Item& item : tables.items) {
      for (const std::string& genre : item.genres) add("genre", genre);
    }
    const auto needed = static_cast<std::int64_t>(ids_.size());
    if (needed > rows) {
      throw workloads::DataError("MovieLens needs " + std::to_string(needed) +
                                 " ids, the model's table has " + std::to_string(rows) +
                                 "; use a larger vocab_size");
    }
  }

  float id(const std::string& column, const std::string& value) const {
    return static_cast<float>(ids_.at({column, value}));
  }

 private:
  void add(const std::string& column, const std::string& value) {
    ids_.try_emplace({column, value}, static_cast<std::int64_t>(ids_.size()));
  }
  std::map<std::pair<std::string, std::string>, std::int64_t> ids_;
};

template <typename Row>
const Row& look_up(const std::map<std::int64_t, const Row*>& table, std::int64_t id,
                   const char* what) {
  const auto found = table.find(id);
  if (found == table.end()) {
    throw workloads::DataError(std::string("ml-100k.inter: ") + what + " " + std::to_string(id) +
                               " is not in ml-100k." + what + kRemedy);
  }
  return *found->second;
}

template <typename Row>
std::map<std::int64_t, const Row*> by_id(const std::vector<Row>& rows) {
  std::map<std::int64_t, const Row*> table;
  for (const Row& row : rows) table[row.id] = &row;
  return table;
}

/// Sets the parts. `events` are sorted by time, so each user's are too.
void split_by_time(std::vector<Event>& events) {
  std::map<std::int64_t, std::vector<Event*>> of_user;
  for (Event& event : events) of_user[event.interaction.user].push_back(&event);
  for (auto& [user, own] : of_user) {
    std::stable_sort(own.begin(), own.end(), [](const Event* a, const Event* b) {
      return std::tie(a->interaction.time, a->interaction.item) <
             std::tie(b->interaction.time, b->interaction.item);
    });
    const std::size_t tenth = own.size() / 10;
    for (std::size_t i = own.size() - 2 * tenth; i < own.size(); ++i) {
      own[i]->part = i < own.size() - tenth ? Part::validation : Part::test;
    }
  }
}

void set_profile(Event& event, const User& user, const Item& item, const Vocabulary& vocabulary) {
  auto& f = event.features;
  f[0] = static_cast<float>(user.age) / 100;
  f[1] = item.year == 0 ? 0 : static_cast<float>(item.year - 1900) / 100;
  f[2] = item.year == 0 ? 0 : 1;
  const double turn = 2 * std::numbers::pi;
  const double hour = static_cast<double>(event.interaction.time % 86400) / 86400;
  const double weekday = static_cast<double>(event.interaction.time / 86400 % 7) / 7;
  f[3] = static_cast<float>(std::sin(turn * hour));
  f[4] = static_cast<float>(std::cos(turn * hour));
  f[5] = static_cast<float>(std::sin(turn * weekday));
  f[6] = static_cast<float>(std::cos(turn * weekday));
  std::size_t column = kDenseFeatures;
  f[column++] = vocabulary.id("user", std::to_string(user.id));
  f[column++] = vocabulary.id("film", std::to_string(item.id));
  f[column++] = vocabulary.id("gender", user.gender);
  f[column++] = vocabulary.id("occupation", user.occupation);
  f[column++] = vocabulary.id("zip", user.zip.substr(0, 2));
  if (static_cast<std::int64_t>(item.genres.size()) > kGenreColumns) {
    throw workloads::DataError("ml-100k.item: film " + std::to_string(item.id) + " has " +
                               std::to_string(item.genres.size()) + " genres, expected at most " +
                               std::to_string(kGenreColumns) + kRemedy);
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(kGenreColumns); ++i) {
    f[column++] = vocabulary.id("genre", i < item.genres.size() ? item.genres[i] : "");
  }
}

/// Walks through time: all events of one second see the same past, then become part of it.
void set_histories(std::vector<Event>& events) {
  std::map<std::int64_t, History> users, films;
  for (std::size_t begin = 0; begin < events.size();) {
    std::size_t end = begin;
    for (; end < events.size() && events[end].interaction.time == events[begin].interaction.time;
         ++end) {
      auto& f = events[end].features;
      const History& user = users[events[end].interaction.user];
      const History& film = films[events[end].interaction.item];
      f[7] = user.log_count();
      f[8] = user.liked_rate();
      f[9] = film.log_count();
      f[10] = film.liked_rate();
    }
    for (; begin < end; ++begin) {
      const Event& event = events[begin];
      if (event.part != Part::training) continue;
      for (History* history : {&users[event.interaction.user], &films[event.interaction.item]}) {
        history->events += 1;
        history->liked += event.liked ? 1 : 0;
      }
    }
  }
}

}  // namespace

std::vector<Event> make_events(const Tables& tables, std::int64_t vocab_size) {
  const Vocabulary vocabulary(tables, vocab_size);
  const auto users = by_id(tables.users);
  const auto items = by_id(tables.items);
  std::vector<Event> events;
  for (const Interaction& interaction : tables.interactions) {
    Event event;
    event.interaction = interaction;
    event.liked = interaction.rating >= kLikedFrom;
    set_profile(event, look_up(users, interaction.user, "user"),
                look_up(items, interaction.item, "item"), vocabulary);
    events.push_back(event);
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return std::tie(a.interaction.time, a.interaction.user, a.interaction.item) <
           std::tie(b.interaction.time, b.interaction.user, b.interaction.item);
  });
  split_by_time(events);
  set_histories(events);
  return events;
}

EventParts parts_of(const std::vector<Event>& events) {
  EventParts parts;
  for (const Event& event : events) {
    (event.part == Part::training     ? parts.training
     : event.part == Part::validation ? parts.validation
                                      : parts.test)
        .push_back(&event);
  }
  const std::size_t evaluated = parts.validation.size();
  for (std::size_t i = 0; i < evaluated; ++i) {
    parts.train_subset.push_back(parts.training[i * parts.training.size() / evaluated]);
  }
  return parts;
}

}  // namespace timetrial::dlrm
