// wmt_en_fr_ro: sizes of the published model, and no data yet.
#include "tests/support/temporary_folder.h"
#include "workloads/multilingual/multilingual.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace timetrial::multilingual {
namespace {

using testing::HasSubstr;

TEST(WmtEnFrRo, HasTheSizesOfTheExperiment) {
  const auto config = wmt_en_fr_ro_config();
  EXPECT_EQ(config.layers, 3);
  EXPECT_EQ(config.width, 512);
  EXPECT_EQ(config.mlp_dim, 2'048);
  EXPECT_EQ(config.heads, 8);
  EXPECT_EQ(config.vocab_size, 64'000);
  EXPECT_EQ(config.dropout, 0.1);
  EXPECT_FALSE(config.post_ln);
  const auto workload = workloads::find("wmt_en_fr_ro").make();
  std::int64_t count = 0;
  const auto model = workload->make_model(at::kMeta);
  for (const auto& parameter : model->parameters()) count += parameter.tensor.numel();
  // One table; attentions without biases; MLPs and norms with.
  const std::int64_t d = 512, mlp = 2 * d * 2048 + 2048 + d, norm = 2 * d;
  const std::int64_t attention = 4 * d * d;
  EXPECT_EQ(count, 64'000 * d + 3 * (attention + mlp + 2 * norm) +
                       3 * (2 * attention + mlp + 3 * norm) + 2 * norm);
}

TEST(WmtEnFrRo, HasATaskForEachLanguage) {
  const auto facts = workloads::find("wmt_en_fr_ro").make()->facts();
  EXPECT_EQ(facts.source, workloads::DataSource::official);
  EXPECT_TRUE(facts.one_task_per_example);
  ASSERT_EQ(facts.tasks.size(), 2U);
  EXPECT_EQ(facts.tasks[0].name, "fr");
  EXPECT_EQ(facts.tasks[1].name, "ro");
  EXPECT_EQ(facts.metric, "loss");
}

TEST(WmtEnFrRo, SaysThatItsDataHaveNoReader) {
  const test::TemporaryFolder folder;
  try {
    workloads::find("wmt_en_fr_ro").make()->prepare(folder.path(), folder.path());
    FAIL() << "prepared data without a reader";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("data set 'wmt_en_fr_ro': Timetrial has no reader"));
  }
}

}  // namespace
}  // namespace timetrial::multilingual
