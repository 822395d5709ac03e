#include "tests/workloads/coordinate_check.h"

#include <gtest/gtest.h>

#include "workloads/lm/lm.h"

namespace timetrial::lm {
namespace {

constexpr std::int64_t kBase = 32;

test::Coordinates coordinates(std::int64_t width, bool mup) {
  Config config = bytes_config();
  config.vocab_size = 32;
  config.sequence_length = 16;
  config.width = width;
  config.mlp_dim = 4 * width;
  config.mup_base_width = mup ? kBase : 0;
  config.qk_layer_norm = false;
  config.z_loss = 0;
  const auto model = make_transformer(config, at::kCPU);
  const at::Tensor ids = at::arange(4 * 17, at::kLong).square().remainder(31).view({4, 17});
  const Batch batch({{"inputs", ids.narrow(1, 0, 16)},
                     {"targets", ids.narrow(1, 1, 16)},
                     {"weights", at::ones({4})}});
  return test::after_steps(
      *model, batch,
      [&](const ModelOutput& output) { return token_loss(batch, output.logits, 0).mean(); },
      {.output = "layers.1.output_rms",
       .multiple = mup ? static_cast<double>(width) / static_cast<double>(kBase) : 1});
}

TEST(CoordinateCheck, IsFlatWithMuParamAndGrowsWithout) {
  const auto with = test::slopes_over_widths([](auto width) { return coordinates(width, true); });
  EXPECT_NEAR(with.output, 0, 0.15);
  EXPECT_NEAR(with.logit_change, 0, 0.15);
  const auto without =
      test::slopes_over_widths([](auto width) { return coordinates(width, false); });
  EXPECT_GT(without.output, 0.4);
  EXPECT_GT(without.logit_change, 0.4);
}

}  // namespace
}  // namespace timetrial::lm
