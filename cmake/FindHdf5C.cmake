# HDF5's C library without MPI: target Hdf5::hdf5. CMake's own FindHDF5 wants the language C enabled, and
# links what the library already links itself.
find_path(Hdf5C_INCLUDE_DIR hdf5.h PATH_SUFFIXES hdf5/serial)
find_library(Hdf5C_LIBRARY hdf5 PATH_SUFFIXES hdf5/serial)
mark_as_advanced(Hdf5C_INCLUDE_DIR Hdf5C_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Hdf5C REQUIRED_VARS Hdf5C_LIBRARY Hdf5C_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install the Debian package libhdf5-dev (scripts/setup.sh does)")

if(Hdf5C_FOUND AND NOT TARGET Hdf5::hdf5)
  add_library(Hdf5::hdf5 UNKNOWN IMPORTED)
  set_target_properties(Hdf5::hdf5 PROPERTIES IMPORTED_LOCATION "${Hdf5C_LIBRARY}"
                        INTERFACE_INCLUDE_DIRECTORIES "${Hdf5C_INCLUDE_DIR}")
endif()
