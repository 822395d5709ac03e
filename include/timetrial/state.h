#pragma once
// What Submission::save writes and Submission::load reads: named tensors, numbers and texts.
// Every value written must be read back under the same name; load() sees exactly what save() put.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace timetrial {

class StateWriter {
 public:
  virtual ~StateWriter() = default;
  /// Each throws std::invalid_argument when `name` was already written.
  virtual void put(const std::string& name, const at::Tensor& value) = 0;
  virtual void put(const std::string& name, const std::vector<at::Tensor>& values) = 0;
  virtual void put(const std::string& name, double value) = 0;
  virtual void put(const std::string& name, std::int64_t value) = 0;
  virtual void put(const std::string& name, const std::string& value) = 0;
};

class StateReader {
 public:
  virtual ~StateReader() = default;
  virtual bool contains(const std::string& name) const = 0;
  /// Each throws std::out_of_range when nothing of that name and kind was saved. Tensors are fresh
  /// copies on the device they were saved from; undefined tensors stay undefined.
  virtual at::Tensor tensor(const std::string& name) const = 0;
  virtual std::vector<at::Tensor> tensors(const std::string& name) const = 0;
  virtual double number(const std::string& name) const = 0;
  virtual std::int64_t integer(const std::string& name) const = 0;
  virtual std::string text(const std::string& name) const = 0;
};

}  // namespace timetrial
