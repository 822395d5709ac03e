#include "workloads/deepspeech/sequence_lstm.h"

#include <cmath>

namespace timetrial::deepspeech {
namespace {

constexpr std::size_t kWeightsPerDirection = 4;

/// Rows [B, T, ..] in the order of `rows`, which counts through B * T.
at::Tensor reordered(const at::Tensor& x, const at::Tensor& rows) {
  return x.flatten(0, 1).index_select(0, rows).view(x.sizes());
}

}  // namespace

Lengths::Lengths(const at::Tensor& paddings) : kept((1 - paddings).unsqueeze(2)) {
  const std::int64_t examples = paddings.size(0), frames = paddings.size(1);
  const auto valid = (1 - paddings).sum(1).to(at::kLong);
  const auto frame = at::arange(frames, valid.options());
  const auto mirrored = valid.unsqueeze(1) - 1 - frame;
  const auto first_row = at::arange(examples, valid.options()).unsqueeze(1) * frames;
  reversal = (at::where(mirrored.ge(0), mirrored, frame) + first_row).flatten();
  std::tie(sorted, order) = valid.clamp_min(1).sort(/*dim=*/0, /*descending=*/true);
  inverse = order.argsort();
  sorted = sorted.cpu();
}

SequenceLstm::SequenceLstm(nn::Builder& builder, const std::string& name,
                           const SequenceLstmSpec& spec)
    : spec_(spec) {
  const auto start = nn::uniform(1 / std::sqrt(static_cast<double>(spec.hidden)));
  const std::int64_t gates = 4 * spec.hidden;
  for (const auto* suffix : {"_l0", "_l0_reverse"}) {
    const auto add = [&](const char* what, ParameterType type, std::vector<std::int64_t> shape) {
      weights_.push_back(builder.parameter(name + "." + what + suffix, type, shape, start));
    };
    add("weight_ih", ParameterType::weight, {gates, spec.in});
    add("weight_hh", ParameterType::weight, {gates, spec.hidden});
    add("bias_ih", ParameterType::bias, {gates});
    add("bias_hh", ParameterType::bias, {gates});
    if (!spec.bidirectional) break;
  }
}

at::Tensor SequenceLstm::operator()(const at::Tensor& x, const Lengths& lengths,
                                    bool training) const {
  return x.is_cpu() ? over_rows(x, lengths, training) : over_packed(x, lengths, training);
}

at::Tensor SequenceLstm::run(const at::Tensor& x, at::ArrayRef<at::Tensor> weights,
                             bool training) const {
  const auto start = at::zeros({1, x.size(0), spec_.hidden}, x.options());
  return std::get<0>(at::lstm(x, {start, start}, weights, /*has_biases=*/true, /*num_layers=*/1,
                              /*dropout=*/0, training, /*bidirectional=*/false,
                              /*batch_first=*/true));
}

at::Tensor SequenceLstm::over_rows(const at::Tensor& x, const Lengths& lengths,
                                   bool training) const {
  const at::ArrayRef<at::Tensor> weights(weights_);
  auto output = run(x, weights.slice(0, kWeightsPerDirection), training);
  if (spec_.bidirectional) {
    const auto backward =
        run(reordered(x, lengths.reversal), weights.slice(kWeightsPerDirection), training);
    output = at::cat({output, reordered(backward, lengths.reversal)}, 2);
  }
  return output * lengths.kept;
}

at::Tensor SequenceLstm::over_packed(const at::Tensor& x, const Lengths& lengths,
                                     bool training) const {
  const auto [data, batch_sizes] = at::_pack_padded_sequence(x.index_select(0, lengths.order),
                                                             lengths.sorted, /*batch_first=*/true);
  const auto start = at::zeros({spec_.bidirectional ? 2 : 1, x.size(0), spec_.hidden}, x.options());
  const auto output = std::get<0>(at::lstm(data, batch_sizes, {start, start}, weights_,
                                           /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0,
                                           training, spec_.bidirectional));
  const auto padded = std::get<0>(at::_pad_packed_sequence(
      output, batch_sizes, /*batch_first=*/true, /*padding_value=*/0, x.size(1)));
  return padded.index_select(0, lengths.inverse) * lengths.kept;
}

}  // namespace timetrial::deepspeech
