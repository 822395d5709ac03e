// Several writers at once, and writers that are killed.
#include "tests/harness/store/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace timetrial::store {
namespace {

using ::testing::IsEmpty;
using CrashTest = StoreTest;

TEST_F(CrashTest, ThreadsWithStoresOfTheirOwnWriteAtOnce) {
  constexpr int kWriters = 4, kEvaluations = 50;
  const auto plan = make_plan(2, 2);
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      // All of them find no file and make it together.
      auto store = create();
      plan.add_to(store);
      const auto& id = plan.trials[static_cast<std::size_t>(w)].id;
      const auto attempt = store.begin_attempt(attempt_of(id));
      for (int i = 0; i < kEvaluations; ++i) {
        store.add_evaluation(attempt, evaluation_at(i, {{"validation/accuracy", 0.1}}));
      }
      store.finish_trial(id, {OutcomeKind::completed, "", 1, 1}, 1);
    });
  }
  for (auto& writer : writers) writer.join();
  const auto store = Store::open(file(), Store::Mode::read_only);
  EXPECT_THAT(store.check(), IsEmpty());
  EXPECT_EQ(store.sweeps().size(), 1U);
  for (std::size_t w = 0; w < kWriters; ++w) {
    EXPECT_EQ(store.evaluations(plan.trials[w].id).size(), static_cast<std::size_t>(kEvaluations));
    EXPECT_TRUE(store.trial(plan.trials[w].id)->outcome.has_value());
  }
}

/// The body of a process that is going to be killed: says a byte for each evaluation it has stored.
[[noreturn]] void write_for_ever(const std::filesystem::path& file, const std::string& trial,
                                 int number, int acknowledge) {
  auto store = Store::open(file, Store::Mode::read_write);
  const auto attempt = store.begin_attempt(attempt_of(trial, number, number));
  for (int i = 0;; ++i) {
    store.add_evaluation(attempt, evaluation_at(i, {{"validation/accuracy", 0.1}, {"b", 2}}));
    if (::write(acknowledge, "x", 1) != 1) ::_exit(1);
  }
}

/// Bytes read until the writing end is gone; kills the writer after the first `until`.
std::size_t count_and_kill(int fd, pid_t child, std::size_t until) {
  std::size_t count = 0;
  char byte = 0;
  while (::read(fd, &byte, 1) == 1) {
    if (++count == until) ::kill(child, SIGKILL);
  }
  return count;
}

TEST_F(CrashTest, AKilledWriterLosesNothingItHasAcknowledged) {
  const auto plan = make_plan(8, 4);
  plan.add_to(*std::make_unique<Store>(create()));
  for (std::size_t round = 0; round < 20; ++round) {
    SCOPED_TRACE(round);
    int pipe[2];
    ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    const auto& id = plan.trials[round].id;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_for_ever(file(), id, 0, pipe[1]);
    ::close(pipe[1]);
    const auto acknowledged = count_and_kill(pipe[0], child, 1 + 7 * round);
    ::close(pipe[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));

    auto store = Store::open(file(), Store::Mode::read_write);
    EXPECT_THAT(store.check(), IsEmpty());
    const auto evaluations = store.evaluations(id);
    EXPECT_GE(evaluations.size(), acknowledged);
    EXPECT_LE(evaluations.size(), acknowledged + 1);
    for (const auto& evaluation : evaluations) EXPECT_EQ(evaluation.metrics.size(), 2U);
    EXPECT_EQ(store.begin_attempt(attempt_of(id, 1, 10)) > 0, true);  // goes on after the crash
  }
}

}  // namespace
}  // namespace timetrial::store
