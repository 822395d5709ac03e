#include "harness/referee/failure_outcome.h"

#include <gtest/gtest.h>

#include <csignal>

namespace timetrial::referee {
namespace {

using protocol::FailureKind;

TEST(FailureOutcome, OfAReportedFailure) {
  struct Case {
    FailureKind kind;
    OutcomeKind expected;
  };
  for (const auto& [kind, expected] :
       {Case{FailureKind::exception, OutcomeKind::crashed},
        Case{FailureKind::bad_input, OutcomeKind::crashed},
        Case{FailureKind::out_of_memory_host, OutcomeKind::out_of_memory_host},
        Case{FailureKind::out_of_memory_device, OutcomeKind::out_of_memory_device}}) {
    const Outcome outcome = outcome_of({kind, "update", "no good", 12});
    EXPECT_EQ(outcome.kind, expected);
    EXPECT_EQ(outcome.reason, "update: no good");
    EXPECT_EQ(outcome.step, 12);
  }
}

TEST(FailureOutcome, OfASilentEnd) {
  struct Case {
    sandbox::ExitStatus status;
    bool out_of_memory_killer;
    OutcomeKind expected;
  };
  for (const auto& [status, killer, expected] :
       {Case{{true, SIGSEGV}, false, OutcomeKind::crashed},
        Case{{true, SIGABRT}, true, OutcomeKind::crashed},
        Case{{false, 0}, false, OutcomeKind::crashed},
        Case{{false, 3}, false, OutcomeKind::crashed},
        Case{{true, SIGKILL}, true, OutcomeKind::out_of_memory_host},
        Case{{true, SIGKILL}, false, OutcomeKind::interrupted}}) {
    SCOPED_TRACE(sandbox::describe(status));
    EXPECT_EQ(outcome_of(status, killer, "").kind, expected);
  }
}

TEST(FailureOutcome, QuotesTheWorkersLastWords) {
  EXPECT_EQ(outcome_of({false, 3}, false, "boom").reason,
            "the worker exited with code 3; its last words: boom");
}

}  // namespace
}  // namespace timetrial::referee
