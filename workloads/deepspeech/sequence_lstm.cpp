#include "workloads/deepspeech/sequence_lstm.h"

#include "workloads/nn/twice_differentiable.h"

#include <cmath>

namespace timetrial::deepspeech {
namespace {

constexpr std::size_t kWeightsPerDirection = 4;

/// Rows [B, T, ..] in the order of `rows`, which counts through B * T.
at::Tensor reordered(const at::Tensor& x, const at::Tensor& rows) {
  return x.flatten(0, 1).index_select(0, rows).view(x.sizes());
}

/// Weights: input-hidden, hidden-hidden, and a bias of each.
at::Tensor start_state(const at::Tensor& x, at::ArrayRef<at::Tensor> weights) {
  return at::zeros({x.size(0), weights[1].size(1)}, x.options());
}

/// One direction by LibTorch's kernel.
at::Tensor fused(const at::Tensor& x, at::ArrayRef<at::Tensor> weights, bool training) {
  const auto start = start_state(x, weights).unsqueeze(0);
  return std::get<0>(at::lstm(x, {start, start}, weights, /*has_biases=*/true, /*num_layers=*/1,
                              /*dropout=*/0, training, /*bidirectional=*/false,
                              /*batch_first=*/true));
}

/// One direction, frame by frame.
at::Tensor stepwise(const at::Tensor& x, at::ArrayRef<at::Tensor> weights, bool) {
  at::Tensor output = start_state(x, weights), cell = output;
  std::vector<at::Tensor> outputs;
  for (const auto& from_input : at::linear(x, weights[0], weights[2]).unbind(1)) {
    const auto gates = (from_input + at::linear(output, weights[1], weights[3])).chunk(4, 1);
    cell = gates[1].sigmoid() * cell + gates[0].sigmoid() * gates[2].tanh();
    output = gates[3].sigmoid() * cell.tanh();
    outputs.push_back(output);
  }
  return at::stack(outputs, 1);
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
  const auto split = [](const std::vector<at::Tensor>& inputs) {
    return std::pair(inputs.front(), Weights(inputs.begin() + 1, inputs.end()));
  };
  Weights inputs = {x};
  inputs.insert(inputs.end(), weights_.begin(), weights_.end());
  return nn::twice_differentiable(
      inputs,
      [&, training](const auto& in) {
        const auto [data, weights] = split(in);
        return data.is_cpu() ? rows(fused, data, weights, lengths, training)
                             : packed(data, weights, lengths, training);
      },
      // Runs in the backward pass, when this object and its caller's lengths may be gone.
      [lstm = *this, lengths, training, split](const auto& in) {
        const auto [data, weights] = split(in);
        return lstm.rows(stepwise, data, weights, lengths, training);
      });
}

at::Tensor SequenceLstm::over_rows(const at::Tensor& x, const Lengths& lengths,
                                   bool training) const {
  return rows(fused, x, weights_, lengths, training);
}

at::Tensor SequenceLstm::by_steps(const at::Tensor& x, const Lengths& lengths,
                                  bool training) const {
  return rows(stepwise, x, weights_, lengths, training);
}

at::Tensor SequenceLstm::over_packed(const at::Tensor& x, const Lengths& lengths,
                                     bool training) const {
  return packed(x, weights_, lengths, training);
}

at::Tensor SequenceLstm::rows(Direction direction, const at::Tensor& x, const Weights& weights,
                              const Lengths& lengths, bool training) const {
  const at::ArrayRef<at::Tensor> all(weights);
  auto output = direction(x, all.slice(0, kWeightsPerDirection), training);
  if (spec_.bidirectional) {
    const auto backward =
        direction(reordered(x, lengths.reversal), all.slice(kWeightsPerDirection), training);
    output = at::cat({output, reordered(backward, lengths.reversal)}, 2);
  }
  return output * lengths.kept;
}

at::Tensor SequenceLstm::packed(const at::Tensor& x, const Weights& weights, const Lengths& lengths,
                                bool training) const {
  const auto [data, batch_sizes] = at::_pack_padded_sequence(x.index_select(0, lengths.order),
                                                             lengths.sorted, /*batch_first=*/true);
  const auto start = at::zeros({spec_.bidirectional ? 2 : 1, x.size(0), spec_.hidden}, x.options());
  const auto output = std::get<0>(at::lstm(data, batch_sizes, {start, start}, weights,
                                           /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0,
                                           training, spec_.bidirectional));
  const auto padded = std::get<0>(at::_pad_packed_sequence(
      output, batch_sizes, /*batch_first=*/true, /*padding_value=*/0, x.size(1)));
  return padded.index_select(0, lengths.inverse) * lengths.kept;
}

}  // namespace timetrial::deepspeech
