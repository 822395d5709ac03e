// Decoding one token at a time, and beam search with it, against the whole forward pass and against
// AlgoPerf's recorded translations.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "tests/support/recorded_checks.h"
#include "tests/workloads/transformer/recorded_translation.h"
#include "workloads/transformer/translate.h"

namespace timetrial::transformer {
namespace {

class Decoding : public testing::TestWithParam<const char*> {
 protected:
  const at::NoGradGuard no_grad_;
  const RecordedTranslation case_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Cases, Decoding, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param); });

TEST_P(Decoding, OneTokenAtATimeGivesTheLogitsOfAllAtOnce) {
  Batch batch = case_.batch(false);
  // No padding among the targets: decoding has none.
  const at::Tensor targets = at::where(batch.targets().gt(0), batch.targets(), 5);
  batch.set("targets", targets);
  const at::Tensor whole = case_.model.forward(batch, evaluation()).logits;
  auto decoding = case_.model.start(batch.inputs(), /*beams=*/2, /*max_length=*/16);
  at::Tensor token = at::zeros({targets.size(0)}, at::kLong);
  for (std::int64_t t = 0; t < targets.size(1); ++t) {
    SCOPED_TRACE(t);
    // Both beams of a sentence say the same.
    const at::Tensor logits = case_.model.step(decoding, token.repeat_interleave(2));
    const at::Tensor expected = whole.select(1, t).repeat_interleave(2, 0);
    EXPECT_LE((logits - expected).abs().max().item<double>(), 2e-6);
    token = targets.select(1, t);
  }
}

TEST_P(Decoding, KeptRowsContinueWhatTheyWere) {
  const at::Tensor inputs = case_.batch(false).inputs().narrow(0, 0, 1);
  const auto tokens = [](std::vector<std::int64_t> ids) { return at::tensor(ids, at::kLong); };
  auto swapped = case_.model.start(inputs, 2, 8), straight = case_.model.start(inputs, 2, 8);
  case_.model.step(swapped, tokens({0, 0}));
  case_.model.step(straight, tokens({0, 0}));
  case_.model.step(swapped, tokens({7, 9}));
  case_.model.step(straight, tokens({9, 9}));
  swapped.keep(tokens({1, 1}));
  EXPECT_TRUE(at::equal(case_.model.step(swapped, tokens({3, 4})),
                        case_.model.step(straight, tokens({3, 4}))));
}

TEST_P(Decoding, TranslatesAsAlgoPerfDoes) {
  const auto& beam = case_.fixture.sidecar().at("beam");
  metrics::BeamSearchOptions options;
  options.beams = beam.at("beam_size");
  options.alpha = beam.at("alpha");
  options.end_token = beam.at("eos_id");
  options.max_length = beam.at("max_decode_len");
  const at::Tensor found = translate(case_.model, case_.batch(false).inputs(), options);
  const at::Tensor expected = case_.fixture.tensor("beam/sequences");
  ASSERT_EQ(found.sizes(), expected.sizes());
  for (std::int64_t row = 0; row < expected.size(0); ++row) {
    const auto tokens = [&](const at::Tensor& all) {
      const at::Tensor one = all[row].contiguous();
      return sentence({one.const_data_ptr<std::int64_t>(), static_cast<std::size_t>(one.numel())},
                      options.end_token);
    };
    EXPECT_EQ(tokens(found), tokens(expected));
  }
  // Rows without an end token are equal as a whole.
  const at::Tensor endless = expected.ne(options.end_token).all(1);
  EXPECT_TRUE(at::equal(found.index({endless}), expected.index({endless})));
}

TEST_P(Decoding, TheRecordedCheckAgrees) {
  const auto file = kFixtures / (std::string(GetParam()) + ".json");
  test::expect_recorded(file);
  auto record = test::read_record(file);
  record["beam"]["sequences"][1][0] = 1;
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, file)));
  record["workload"] = "movielens_dlrm";
  EXPECT_THROW(test::recorded_checks(record, file), InputError);
}

TEST(DecodingBounds, AreChecked) {
  const RecordedTranslation recorded("wmt");
  const at::Tensor inputs = recorded.batch(false).inputs();
  EXPECT_THROW(recorded.model.start(inputs, 0, 8), std::invalid_argument);
  EXPECT_THROW(recorded.model.start(inputs, 1, 257), std::invalid_argument);
  EXPECT_THROW(recorded.model.start(inputs[0], 1, 8), std::invalid_argument);
  auto decoding = recorded.model.start(inputs, 1, 1);
  const at::Tensor tokens = at::zeros({inputs.size(0)}, at::kLong);
  recorded.model.step(decoding, tokens);
  EXPECT_THROW(recorded.model.step(decoding, tokens), std::invalid_argument);
}

TEST(Sentence, EndsWithTheFirstEndToken) {
  const std::int64_t ended[] = {5, 7, 2, 9, 2}, endless[] = {5, 7, 9}, at_once[] = {2, 2};
  EXPECT_EQ(sentence(ended, 2), (std::vector<std::int64_t>{5, 7, 2}));
  EXPECT_EQ(sentence(at_once, 2), (std::vector<std::int64_t>{2}));
  // AlgoPerf's argmax over "is the end token" is 0 where none is.
  EXPECT_EQ(sentence(endless, 2), (std::vector<std::int64_t>{5}));
  EXPECT_TRUE(sentence({}, 2).empty());
}

TEST(ScoredRows, AreAsManyAsHaveAFirstTarget) {
  const at::Tensor targets = at::tensor({4, 2, 9, 2, 0, 0}, at::kLong).view({3, 2});
  EXPECT_EQ(scored_rows(targets), 2);
}

}  // namespace
}  // namespace timetrial::transformer
