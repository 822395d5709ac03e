// A right model passes every check of a recorded case; each wrong one fails those it should.
#include "harness/conformance/case_check.h"

#include "tests/harness/conformance/toy.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

namespace timetrial::conformance {
namespace {

using test::ToyFault;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CaseCheck : public testing::Test {
 protected:
  std::vector<CheckResult> check(ToyFault fault) const {
    Checker checker({}, Checker::BadInput::ends);
    check_case(*test::make_toy(fault), RecordedCase(file_), checker);
    return checker.take();
  }
  std::vector<std::string> failed(ToyFault fault) const {
    std::vector<std::string> names;
    for (const auto& result : check(fault)) {
      if (!result.passed) names.push_back(result.name.substr(std::string("toy: ").size()));
    }
    return names;
  }
  void change(const std::function<void(nlohmann::json&)>& edit) const {
    auto sidecar = file_;
    sidecar.replace_extension(".json");
    auto record = nlohmann::json::parse(std::ifstream(sidecar));
    edit(record);
    std::ofstream(sidecar) << record;
  }

  const test::TemporaryFolder folder_;
  const std::filesystem::path file_ = test::record_toy(folder_.path());
};

TEST_F(CaseCheck, ARightModelPassesAll) {
  std::vector<std::string> names;
  for (const auto& result : check(ToyFault::none)) {
    EXPECT_TRUE(result.passed) << result.name << " " << result.error;
    EXPECT_LE(result.error, 1e-7) << result.name;
    names.push_back(result.name);
  }
  EXPECT_THAT(
      names,
      ElementsAre("toy: parameters", "toy: output_eval", "toy: loss_eval", "toy: loss_sums_eval",
                  "toy: label_smoothing_eval", "toy: output_train", "toy: loss_train",
                  "toy: loss_sums_train", "toy: label_smoothing_train", "toy: gradient_norms",
                  "toy: gradients", "toy: state_after_train", "toy: batch_norm_off"));
}

TEST_F(CaseCheck, EachFaultFailsItsChecks) {
  EXPECT_THAT(failed(ToyFault::name), ElementsAre("parameters"));
  EXPECT_THAT(failed(ToyFault::shape), ElementsAre("parameters"));
  EXPECT_THAT(failed(ToyFault::output),
              ElementsAre("output_eval", "loss_eval", "loss_sums_eval", "label_smoothing_eval"));
  EXPECT_THAT(failed(ToyFault::output_train),
              ElementsAre("output_train", "loss_train", "loss_sums_train", "label_smoothing_train",
                          "gradient_norms", "gradients", "batch_norm_off"));
  EXPECT_THAT(failed(ToyFault::loss), ElementsAre("loss_eval", "loss_train"));
  EXPECT_THAT(failed(ToyFault::sum),
              ElementsAre("loss_sums_eval", "label_smoothing_eval", "loss_sums_train",
                          "label_smoothing_train", "gradient_norms", "gradients"));
  EXPECT_THAT(failed(ToyFault::valid),
              ElementsAre("loss_sums_eval", "loss_sums_train", "gradient_norms", "gradients"));
  EXPECT_THAT(failed(ToyFault::smoothing),
              ElementsAre("label_smoothing_eval", "label_smoothing_train"));
  EXPECT_THAT(failed(ToyFault::state), ElementsAre("state_after_train"));
  EXPECT_THAT(failed(ToyFault::state_kept), ElementsAre("batch_norm_off"));
  EXPECT_THAT(failed(ToyFault::gradient_missing), ElementsAre("gradient_norms", "gradients"));
  EXPECT_THAT(failed(ToyFault::gradient_scaled), ElementsAre("gradient_norms", "gradients"));
  EXPECT_THAT(failed(ToyFault::masked_output), IsEmpty());
}

TEST_F(CaseCheck, NotANumberIsAnInfiniteError) {
  for (const auto& result : check(ToyFault::not_a_number)) {
    if (result.name != "toy: output_eval") continue;
    EXPECT_FALSE(result.passed);
    EXPECT_TRUE(std::isinf(result.error));
  }
  EXPECT_THAT(failed(ToyFault::not_a_number), testing::Contains("output_eval"));
}

TEST_F(CaseCheck, SaysWhichParameterDoesNotFit) {
  const auto results = check(ToyFault::name);
  ASSERT_EQ(results.size(), 1U);  // the others would say nothing
  EXPECT_EQ(results[0].error, 2);
  EXPECT_EQ(results[0].detail, "'offset' is not in the case");
  EXPECT_THAT(check(ToyFault::shape)[0].detail,
              HasSubstr("'weight' is [4, 4], in the case [3, 4]"));
}

TEST_F(CaseCheck, ACaseThatLacksSomethingIsBadInput) {
  const struct {
    void (*edit)(nlohmann::json&);
    const char* message;
  } cases[] = {
      {[](nlohmann::json& record) { record["constructor"]["depth"] = 2; }, "no argument 'depth'"},
      {[](nlohmann::json& record) { record["eval"].erase("summed"); }, "toy.json: "},
      {[](nlohmann::json& record) { record["train"].erase("grad_norms"); }, "toy.json: "},
      {[](nlohmann::json& record) { record["weights_recipe"][0].erase("shape"); }, "toy.json: "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    test::record_toy(folder_.path());
    change(c.edit);
    try {
      check(ToyFault::none);
      FAIL();
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
    }
  }
}

}  // namespace
}  // namespace timetrial::conformance
