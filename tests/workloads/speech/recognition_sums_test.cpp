#include "workloads/speech/recognition_sums.h"

#include "workloads/speech/ctc_loss.h"

#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::speech {
namespace {

/// 1 = "a", 2 = "b", 3 = a space.
std::string spell(const std::vector<std::int64_t>& tokens) {
  std::string text;
  for (const std::int64_t token : tokens) text += " ab "[token];
  return text;
}

/// Logits that favour these tokens, [B, T, 4].
at::Tensor favouring(const std::vector<std::int64_t>& tokens, std::int64_t examples) {
  at::manual_seed(8);
  return at::one_hot(at::tensor(tokens), 4).to(at::kFloat).view({examples, -1, 4}) * 4 +
         at::rand({examples, static_cast<std::int64_t>(tokens.size()) / examples, 4});
}

Batch rows(const Batch& batch, std::int64_t begin, std::int64_t end) {
  Batch part;
  for (const auto& [name, tensor] : batch.tensors()) part.set(name, tensor.slice(0, begin, end));
  return part;
}

// Hypotheses "a", "b a", "a b" against "a", "b b", "a a b".
const Batch kBatch(
    {{"targets", at::tensor({1, 0, 0, 0, 0, 2, 3, 2, 0, 0, 1, 3, 1, 3, 2}, at::kLong).view({3, 5})},
     {"target_paddings", at::tensor({0.F, 1.F, 1.F, 1.F, 1.F,  //
                                     0.F, 0.F, 0.F, 1.F, 1.F,  //
                                     0.F, 0.F, 0.F, 0.F, 0.F})
                             .view({3, 5})}});
ModelOutput output() {
  ModelOutput result;
  result.logits = favouring({1, 1, 2, 0, 0, 2, 3, 1, 0, 0, 1, 3, 2, 2, 0}, 3);
  result.paddings = at::zeros({3, 5});
  result.paddings[0].slice(0, 2).fill_(1);
  return result;
}

TEST(RecognitionSums, CountWordsOfDecodedAndGivenTranscripts) {
  RecognitionSums sums(spell);
  sums.add(kBatch, output());
  const auto found = sums.results();
  EXPECT_EQ(sums.examples(), 3);
  EXPECT_DOUBLE_EQ(found.at("plain_wer"), 2.0 / 6);
  EXPECT_DOUBLE_EQ(found.at("wer"), 2.0 / 12);  // two more words each
  const auto loss = masked_ctc_loss(output().logits, output().paddings, kBatch.targets(),
                                    kBatch.at("target_paddings"), {});
  EXPECT_NEAR(found.at("ctc_loss"), loss.summed.item<double>() / 9, 1e-6);
}

TEST(RecognitionSums, DoNotDependOnTheBatchSize) {
  RecognitionSums whole(spell), parts(spell);
  const auto all = output();
  whole.add(kBatch, all);
  for (const auto& [begin, end] : {std::pair{0, 1}, std::pair{1, 3}}) {
    ModelOutput part;
    part.logits = all.logits.slice(0, begin, end);
    part.paddings = all.paddings.slice(0, begin, end);
    parts.add(rows(kBatch, begin, end), part);
  }
  EXPECT_EQ(whole.results().at("wer"), parts.results().at("wer"));
  EXPECT_NEAR(whole.results().at("ctc_loss"), parts.results().at("ctc_loss"), 1e-7);
}

TEST(RecognitionSums, AreNaNBeforeTheFirstExample) {
  for (const auto& [name, value] : RecognitionSums(spell).results()) {
    EXPECT_TRUE(std::isnan(value)) << name;
  }
}

}  // namespace
}  // namespace timetrial::speech
