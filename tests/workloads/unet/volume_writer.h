#pragma once
// Volumes in fastMRI's format, as h5py would write them.

#include <hdf5.h>

#include <ATen/ATen.h>

#include <filesystem>
#include <optional>
#include <string>

namespace timetrial::test {

struct VolumeContent {
  at::Tensor kspace;  ///< complex64 [slices, H, W]
  at::Tensor target;  ///< float32 [slices, h, w]
  std::optional<double> max = {};
  std::string kspace_name = "kspace";
};

inline void write_data_set(hid_t file, const std::string& name, const at::Tensor& values,
                           hid_t type) {
  std::vector<hsize_t> shape;
  for (const std::int64_t size : values.sizes()) shape.push_back(static_cast<hsize_t>(size));
  const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
  const hid_t data =
      H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.contiguous().const_data_ptr());
  H5Dclose(data);
  H5Sclose(space);
}

inline void write_volume(const std::filesystem::path& path, const VolumeContent& content) {
  std::filesystem::create_directories(path.parent_path());
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t complex = H5Tcreate(H5T_COMPOUND, 8);
  H5Tinsert(complex, "r", 0, H5T_IEEE_F32LE);
  H5Tinsert(complex, "i", 4, H5T_IEEE_F32LE);
  const bool is_complex = content.kspace.is_complex();
  write_data_set(file, content.kspace_name, content.kspace, is_complex ? complex : H5T_IEEE_F32LE);
  write_data_set(file, "reconstruction_esc", content.target, H5T_IEEE_F32LE);
  if (content.max) {
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t attribute =
        H5Acreate2(file, "max", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_DOUBLE, &*content.max);
    H5Aclose(attribute);
    H5Sclose(space);
  }
  H5Tclose(complex);
  H5Fclose(file);
}

}  // namespace timetrial::test
