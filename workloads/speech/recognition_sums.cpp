#include "workloads/speech/recognition_sums.h"

#include "workloads/metrics/ctc_decode.h"
#include "workloads/speech/ctc_loss.h"

namespace timetrial::speech {
namespace {

std::vector<std::vector<std::int64_t>> transcripts(const Batch& batch) {
  const auto tokens = batch.targets().cpu().to(at::kLong).contiguous();
  const auto lengths = batch.at("target_paddings").eq(0).sum(1).cpu();
  std::vector<std::vector<std::int64_t>> result;
  for (std::int64_t b = 0; b < tokens.size(0); ++b) {
    const auto* first = tokens.const_data_ptr<std::int64_t>() + b * tokens.size(1);
    result.emplace_back(first, first + lengths[b].item<std::int64_t>());
  }
  return result;
}

}  // namespace

void RecognitionSums::add(const Batch& batch, const ModelOutput& output) {
  const auto loss = masked_ctc_loss(output.logits, output.paddings, batch.targets(),
                                    batch.at("target_paddings"), /*mask=*/{});
  nats_ += loss.per_example.sum(at::kDouble).item<double>();
  const auto hypotheses = metrics::ctc_greedy_decode(output.logits, output.paddings);
  const auto references = transcripts(batch);
  for (std::size_t b = 0; b < references.size(); ++b) {
    const auto hypothesis = detokenise_(hypotheses[b]), reference = detokenise_(references[b]);
    printed_ += metrics::printed_word_errors(hypothesis, reference);
    plain_ += metrics::word_errors(hypothesis, reference);
    tokens_ += static_cast<double>(references[b].size());
    ++examples_;
  }
}

std::map<std::string, double> RecognitionSums::results() const {
  return {{"ctc_loss", nats_ / tokens_}, {"wer", printed_.rate()}, {"plain_wer", plain_.rate()}};
}

}  // namespace timetrial::speech
