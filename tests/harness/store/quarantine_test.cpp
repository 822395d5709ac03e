#include "harness/store/connection.h"
#include "harness/trial/error.h"
#include "tests/harness/store/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::store {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class QuarantineTest : public StoreTest {
 protected:
  Store begun(const std::string& name = "test.db") const {
    auto store = create(name);
    plan_.add_to(store);
    return store;
  }
  const std::string& id(std::size_t i = 0) const { return plan_.trials[i].id; }
  /// Trial, whether it is quarantined, and why, of all rows.
  static std::vector<std::tuple<std::string, bool, std::string>> states(const Store& store) {
    std::vector<std::tuple<std::string, bool, std::string>> result;
    for (const auto& row : store.quarantines()) {
      result.emplace_back(row.trial_id, row.quarantined, row.reason);
    }
    return result;
  }
  using States = std::vector<std::tuple<std::string, bool, std::string>>;

  const Plan plan_ = make_plan();
};

TEST_F(QuarantineTest, IsAddedAndLiftedByRowsOfTheirOwn) {
  auto store = begun();
  store.begin_attempt(attempt_of(id()));
  EXPECT_THAT(states(store), IsEmpty());
  store.quarantine(id(), "a compiler ran", 100);
  EXPECT_EQ(states(store), (States{{id(), true, "a compiler ran"}}));
  store.lift_quarantine(id(), "it did not", 200);
  EXPECT_EQ(states(store), (States{{id(), false, "it did not"}}));
  store.quarantine(id(), "it did after all", 300);
  EXPECT_EQ(states(store), (States{{id(), true, "it did after all"}}));
  EXPECT_EQ(rows_of(store, "SELECT action FROM quarantine ORDER BY recorded_ns"),
            (std::vector<std::vector<std::string>>{{"add"}, {"lift"}, {"add"}}));
  const auto row = store.quarantines().at(0);
  EXPECT_EQ(row.key, plan_.trials[0].key);
  EXPECT_EQ(row.sweep, plan_.sweep.name);
  EXPECT_EQ(row.recorded_ns, 300);
  EXPECT_THAT(store.check(), IsEmpty());
}

TEST_F(QuarantineTest, OfANoisyAttemptComesWithItsEnd) {
  auto store = begun();
  const auto quiet = store.begin_attempt(attempt_of(id(0)));
  store.end_attempt(quiet, {1000, 10, 0, 0, "{}"});
  const auto noisy = store.begin_attempt(attempt_of(id(1)));
  store.end_attempt(noisy, {2000, 10, 0, 0, "{}", "others: 60 %"});
  EXPECT_EQ(states(store), (States{{id(1), true, "others: 60 %"}}));
  EXPECT_EQ(store.quarantines().at(0).recorded_ns, 2000);
}

TEST_F(QuarantineTest, WhatCannotBeIsRefusedAndChangesNothing) {
  auto store = begun();
  const auto message = [](auto action) { return message_of<InputError>(action); };
  EXPECT_THAT(message([&] { store.quarantine(id(), "noise", 1); }), HasSubstr("has not begun"));
  store.begin_attempt(attempt_of(id()));
  EXPECT_THAT(message([&] { store.quarantine(id(), "", 1); }), HasSubstr("--reason: say why"));
  EXPECT_THAT(message([&] { store.lift_quarantine(id(), "fine", 1); }),
              HasSubstr("is not quarantined"));
  store.quarantine(id(), "noise", 1);
  store.quarantine(id(), "noise", 1);  // the same again
  store.lift_quarantine(id(), "fine", 2);
  EXPECT_THAT(message([&] { store.lift_quarantine(id(), "fine", 3); }),
              HasSubstr("is not quarantined"));
  EXPECT_EQ(rows_of(store, "SELECT COUNT(*) FROM quarantine"),
            (std::vector<std::vector<std::string>>{{"2"}}));
}

TEST_F(QuarantineTest, TrialsAreFoundByTheStartOfTheirId) {
  auto store = begun();
  EXPECT_EQ(store.find_trial(id()), id());
  EXPECT_EQ(store.find_trial(id().substr(0, 12)), id());
  EXPECT_THAT(message_of<InputError>([&] { store.find_trial("abc"); }),
              HasSubstr("'abc' is no trial's id"));
  EXPECT_THAT(message_of<InputError>([&] { store.find_trial("adamw"); }),
              HasSubstr("'adamw' is no trial's id"));
  EXPECT_THAT(message_of<InputError>([&] { store.find_trial(std::string(64, '0')); }),
              HasSubstr("holds no trial of its own"));
}

TEST_F(QuarantineTest, ShardsAreMergedInAnyOrderAndAnyNumberOfTimes) {
  {
    auto a = begun("a.db");
    a.end_attempt(a.begin_attempt(attempt_of(id(0))), {1000, 10, 0, 0, "", "noise"});
  }
  std::filesystem::copy_file(file("a.db"), file("b.db"));
  {
    auto b = Store::open(file("b.db"), Store::Mode::read_write);
    b.lift_quarantine(id(0), "looked at it", 2000);
    b.end_attempt(b.begin_attempt(attempt_of(id(1))), {1500, 10, 0, 0, "", "noise"});
  }
  auto forward = create("forward.db"), backward = create("backward.db");
  for (const char* shard : {"a.db", "b.db", "a.db"}) forward.merge(file(shard));
  for (const char* shard : {"b.db", "a.db", "b.db"}) backward.merge(file(shard));
  const States expected{{id(0), false, "looked at it"}, {id(1), true, "noise"}};
  EXPECT_EQ(states(forward), expected);
  EXPECT_EQ(states(backward), expected);
  EXPECT_EQ(forward.content_hash(), backward.content_hash());
  EXPECT_THAT(forward.check(), IsEmpty());
}

TEST_F(QuarantineTest, CheckFindsRowsThatBelongToNothing) {
  auto store = begun();
  store.begin_attempt(attempt_of(id()));
  {
    Connection connection(file(), Access::read_write);
    connection.execute("INSERT INTO quarantine VALUES ('" + id() + "', 'no run', 1, 'lift', 'x')");
  }
  const auto problems = store.check();
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems[0], HasSubstr("a quarantine is of no run of trial " + id()));
  EXPECT_THAT(problems[1], HasSubstr("a quarantine is lifted that never was, of trial " + id()));
}

TEST_F(QuarantineTest, MachinesAreThoseOfTheAttemptsThatSayWhich) {
  auto store = begun();
  auto attempt = attempt_of(id(0));
  attempt.host_json = R"({"machine_class": "cpu-2core"})";
  store.begin_attempt(attempt);
  attempt = attempt_of(id(1));
  attempt.host_json = "{}";
  store.begin_attempt(attempt);
  attempt = attempt_of(id(2));
  attempt.host_json = "";
  store.begin_attempt(attempt);
  EXPECT_EQ(store.machine_classes(1), std::vector<std::string>{"cpu-2core"});
  attempt = attempt_of(id(3));
  attempt.host_json = R"({"machine_class": "h100"})";
  store.begin_attempt(attempt);
  EXPECT_EQ(store.machine_classes(1), (std::vector<std::string>{"cpu-2core", "h100"}));
}

TEST_F(QuarantineTest, TrialsWithoutASandboxAreCountedOnce) {
  auto store = begun();
  auto attempt = attempt_of(id(0));
  attempt.host_json = R"({"sandbox": "full"})";
  store.begin_attempt(attempt);
  attempt = attempt_of(id(1));
  attempt.host_json = "{}";  // of a version that did not say
  store.begin_attempt(attempt);
  EXPECT_EQ(store.trials_without_sandbox(1), 0);
  attempt = attempt_of(id(0));
  attempt.number = 1;
  attempt.host_json = R"({"sandbox": "none"})";
  store.begin_attempt(attempt);
  attempt.number = 2;
  store.begin_attempt(attempt);
  EXPECT_EQ(store.trials_without_sandbox(1), 1);
}

}  // namespace
}  // namespace timetrial::store
