#include "workloads/unet/fastmri_volume.h"

#include <hdf5.h>

#include <array>
#include <string>
#include <utility>

#include "workloads/workload.h"

namespace timetrial::unet {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
  throw workloads::DataError(file.string() + ": " + what +
                             "; docs/data/fastmri.md says what a volume holds");
}

/// An HDF5 identifier and how it is closed.
class Handle {
 public:
  Handle() = default;
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  hid_t get() const { return id_; }
  bool valid() const { return id_ >= 0; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// Errors are told by exceptions, not by the library's trace on standard error.
void silence_library() {
  static const bool once = [] { return H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0; }();
  static_cast<void>(once);
}

Handle complex_type() {
  Handle type(H5Tcreate(H5T_COMPOUND, 2 * sizeof(float)), H5Tclose);
  H5Tinsert(type.get(), "r", 0, H5T_NATIVE_FLOAT);
  H5Tinsert(type.get(), "i", sizeof(float), H5T_NATIVE_FLOAT);
  return type;
}

struct Stack {
  Handle data;
  std::array<hsize_t, 3> shape{};
};

Stack open_stack(const std::filesystem::path& path, const Handle& file, const char* name) {
  Stack stack{Handle(H5Dopen2(file.get(), name, H5P_DEFAULT), H5Dclose), {}};
  if (!stack.data.valid()) refuse(path, std::string("has no data set '") + name + "'");
  const Handle space(H5Dget_space(stack.data.get()), H5Sclose);
  const int dimensions = H5Sget_simple_extent_ndims(space.get());
  if (dimensions != 3) {
    refuse(path, std::string("'") + name + "' has " + std::to_string(dimensions) +
                     " dimensions, expected slices, height and width");
  }
  H5Sget_simple_extent_dims(space.get(), stack.shape.data(), nullptr);
  return stack;
}

void expect_class(const std::filesystem::path& path, const Stack& stack, const char* name,
                  H5T_class_t expected, const char* what) {
  const Handle type(H5Dget_type(stack.data.get()), H5Tclose);
  if (H5Tget_class(type.get()) != expected) {
    refuse(path, std::string("'") + name + "' does not hold " + what);
  }
}

void read_slice(const std::filesystem::path& path, const Stack& stack, std::int64_t slice,
                hid_t type, void* out) {
  const Handle space(H5Dget_space(stack.data.get()), H5Sclose);
  const std::array<hsize_t, 3> start = {static_cast<hsize_t>(slice), 0, 0};
  const std::array<hsize_t, 3> count = {1, stack.shape[1], stack.shape[2]};
  const Handle memory(H5Screate_simple(3, count.data(), nullptr), H5Sclose);
  const bool read =
      H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(),
                          nullptr) >= 0 &&
      H5Dread(stack.data.get(), type, memory.get(), space.get(), H5P_DEFAULT, out) >= 0;
  if (!read) refuse(path, "slice " + std::to_string(slice) + " cannot be read, it is damaged");
}

double read_max(const std::filesystem::path& path, const Handle& file) {
  if (H5Aexists(file.get(), "max") <= 0) return 0;
  const Handle attribute(H5Aopen(file.get(), "max", H5P_DEFAULT), H5Aclose);
  const Handle space(H5Aget_space(attribute.get()), H5Sclose);
  double value = 0;
  if (H5Sget_simple_extent_npoints(space.get()) != 1 ||
      H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, &value) < 0) {
    refuse(path, "attribute 'max' is not a number");
  }
  return value;
}

}  // namespace

struct FastMriVolume::Open {
  std::filesystem::path path;
  Handle file;
  Stack kspace, target;
  double volume_max = 0;
};

FastMriVolume::FastMriVolume(std::filesystem::path path) {
  silence_library();
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file.valid()) {
    refuse(path, std::filesystem::exists(path) ? "is no whole HDF5 file" : "is not there");
  }
  Stack kspace = open_stack(path, file, "kspace");
  Stack target = open_stack(path, file, "reconstruction_esc");
  expect_class(path, kspace, "kspace", H5T_COMPOUND, "complex numbers");
  expect_class(path, target, "reconstruction_esc", H5T_FLOAT, "floating-point numbers");
  if (kspace.shape[0] != target.shape[0] || kspace.shape[1] < target.shape[1] ||
      kspace.shape[2] < target.shape[2] || target.shape[1] == 0 || target.shape[2] == 0) {
    const auto text = [](const std::array<hsize_t, 3>& shape) {
      return std::to_string(shape[0]) + " x " + std::to_string(shape[1]) + " x " +
             std::to_string(shape[2]);
    };
    refuse(path, "'kspace' is " + text(kspace.shape) + ", 'reconstruction_esc' " +
                     text(target.shape) + "; expected as many slices, none smaller in k-space");
  }
  const double volume_max = read_max(path, file);
  open_.reset(
      new Open{std::move(path), std::move(file), std::move(kspace), std::move(target), volume_max});
}

FastMriVolume::~FastMriVolume() = default;
FastMriVolume::FastMriVolume(FastMriVolume&&) noexcept = default;

std::int64_t FastMriVolume::slices() const {
  return static_cast<std::int64_t>(open_->kspace.shape[0]);
}
std::int64_t FastMriVolume::target_height() const {
  return static_cast<std::int64_t>(open_->target.shape[1]);
}
std::int64_t FastMriVolume::target_width() const {
  return static_cast<std::int64_t>(open_->target.shape[2]);
}
double FastMriVolume::volume_max() const { return open_->volume_max; }

at::Tensor FastMriVolume::kspace(std::int64_t slice) const {
  const auto& shape = open_->kspace.shape;
  at::Tensor out =
      at::empty({static_cast<std::int64_t>(shape[1]), static_cast<std::int64_t>(shape[2])},
                at::kComplexFloat);
  read_slice(open_->path, open_->kspace, slice, complex_type().get(), out.mutable_data_ptr());
  return out;
}

at::Tensor FastMriVolume::target(std::int64_t slice) const {
  at::Tensor out = at::empty({target_height(), target_width()}, at::kFloat);
  read_slice(open_->path, open_->target, slice, H5T_NATIVE_FLOAT, out.mutable_data_ptr());
  return out;
}

}  // namespace timetrial::unet
