#pragma once
// What Submission::save writes and Submission::load reads: named tensors, numbers and texts.
// Every value written must be read back under the same name; load() sees exactly what save() put.

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
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

/// Reads a list that was put under `name` into tensors that init() has made, which keep their place
/// and order in memory: a sum over them has the same bits as before. Throws std::out_of_range as
/// the reader does, std::invalid_argument where number or shapes differ.
inline void load_into(const StateReader& in, const std::string& name,
                      const std::vector<at::Tensor>& tensors) {
  const auto saved = in.tensors(name);
  bool fits = saved.size() == tensors.size();
  for (std::size_t i = 0; fits && i < saved.size(); ++i) {
    fits = saved[i].sizes() == tensors[i].sizes();
  }
  if (!fits) throw std::invalid_argument("state '" + name + "' was saved in other shapes");
  for (std::size_t i = 0; i < saved.size(); ++i) tensors[i].copy_(saved[i]);
}

}  // namespace timetrial
