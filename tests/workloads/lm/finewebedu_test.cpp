// AlgoPerf's finewebedu_lm as it is registered: parameters, first values, the recorded case.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "harness/conformance/case_check.h"
#include "tests/support/algoperf_fixture.h"
#include "tests/support/algoperf_parameters.h"
#include "workloads/lm/lm.h"

namespace timetrial::lm {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

const fs::path kFixtures = fs::path(TIMETRIAL_SOURCE_DIR) / "tests/workloads/lm/fixtures";

std::unique_ptr<workloads::Workload> workload() { return workloads::find("finewebedu_lm").make(); }

TEST(FinewebEduLm, HasAlgoPerfsParameters) {
  const auto table = test::AlgoPerfParameters::read(kFixtures / "parameters.json", "finewebedu_lm");
  EXPECT_THAT(table.differences(*workload()->make_model(at::kMeta)), IsEmpty());
  EXPECT_EQ(workload()->facts().metric, "ppl");
  EXPECT_FALSE(workload()->facts().higher_is_better);
  EXPECT_EQ(workload()->facts().source, workloads::DataSource::official);
}

// Deviations depend on the number of layers and the scale of attention on the length; neither on
// the widths, which are smaller here.
TEST(FinewebEduLm, StartsAsAlgoPerfDoes) {
  Config config;
  config.vocab_size = 4096;
  config.width = 256;
  config.mlp_dim = 512;
  const auto model = make_transformer(config, at::kCPU);
  model->initialize(1);
  const auto table = test::AlgoPerfParameters::read(kFixtures / "parameters.json", "finewebedu_lm");
  EXPECT_THAT(table.initial_differences(*model), IsEmpty());
}

TEST(FinewebEduLm, TheRecordedCasePasses) {
  Checker checker({}, Checker::BadInput::ends);
  conformance::check_case(*workload(), conformance::RecordedCase(kFixtures / "finewebedu_lm.json"),
                          checker);
  const auto results = checker.take();
  EXPECT_EQ(results.size(), 11U);
  for (const auto& result : results) EXPECT_TRUE(result.passed) << result.name << result.error;
}

TEST(FinewebEduLm, ArgumentsLeftOutAreAlgoPerfsDefaults) {
  const auto text =
      workload()->in_recorded_sizes({{"model_dim", 64}, {"num_heads", 2}})->configuration();
  EXPECT_THAT(text, HasSubstr("multiple_of = 256\n"));
  EXPECT_THAT(text, HasSubstr("width = 64\n"));
}

TEST(FinewebEduLm, OtherModelsAreRefused) {
  for (const auto& [argument, value] :
       std::vector<std::pair<std::string, nlohmann::json>>{{"tie_embeddings", false},
                                                           {"qknorm_epsilon", 1e-5},
                                                           {"rmsnorm_epsilon", 1e-5},
                                                           {"num_heads", 3},
                                                           {"dropout", 0.1}}) {
    SCOPED_TRACE(argument);
    EXPECT_THROW(workload()->in_recorded_sizes({{argument, value}}), workloads::ConfigError);
  }
}

}  // namespace
}  // namespace timetrial::lm
