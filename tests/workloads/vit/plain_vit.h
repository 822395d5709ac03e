#pragma once
// A vision transformer from its parameters by name, in double precision, one formula after the
// other: what models without recorded numbers are compared with. Which variant it is shows in the
// parameters it has (a gate, a probe, norms without biases, one norm for two branches), but for the
// weights of attention.

#include "workloads/workload.h"

#include <map>
#include <optional>
#include <string>

namespace timetrial::test {

class PlainVit {
 public:
  /// `relu_alpha`: attention by relu(score) / tokens^alpha; else by softmax.
  PlainVit(const workloads::Model& model, std::int64_t heads,
           std::optional<double> relu_alpha = std::nullopt);
  at::Tensor logits(const at::Tensor& images) const;

 private:
  const at::Tensor& at(const std::string& name) const { return tensors_.at(name); }
  bool has(const std::string& name) const { return tensors_.contains(name); }
  at::Tensor linear(const std::string& name, const at::Tensor& x) const;
  at::Tensor norm(const std::string& name, const at::Tensor& x) const;
  at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) const;
  at::Tensor scaled_norm(const std::string& name, const at::Tensor& x) const;
  at::Tensor attention(const std::string& name, const at::Tensor& x) const;
  at::Tensor mlp(const std::string& name, const at::Tensor& x) const;
  at::Tensor block(const std::string& name, const at::Tensor& x, bool post_norm) const;
  at::Tensor pooled(const at::Tensor& x) const;

  std::map<std::string, at::Tensor> tensors_;
  std::int64_t heads_;
  std::optional<double> relu_alpha_;
};

}  // namespace timetrial::test
