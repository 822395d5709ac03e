#include "harness/referee/evaluator.h"

#include "harness/trial/error.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

namespace timetrial::referee {
namespace {

TEST(Evaluator, TakesAPartOfTheExamplesOnlyWhereTheWorkloadHasAUseForOne) {
  const test::TemporaryFolder folder;
  const std::string name = "teacher_mlp_fullbatch";
  const auto workload = workloads::find(name).make();
  workload->prepare({}, folder.path() / workload->facts().dataset);
  EXPECT_NO_THROW(Evaluator(name, folder.path(), at::kCPU, 8, 0));
  try {
    const Evaluator evaluator(name, folder.path(), at::kCPU, 8, 5);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "the workload is always evaluated on all of its examples; leave out "
                 "evaluate_examples");
  }
}

}  // namespace
}  // namespace timetrial::referee
