# Finds LibTorch and defines timetrial::libtorch (torch_cpu and c10, with their headers).
#
# Looked for in this order: Torch_DIR (the folder of TorchConfig.cmake), CMAKE_PREFIX_PATH (a torch
# folder or a site-packages folder), then what scripts/setup.sh fetched (TIMETRIAL_DEPS or .deps).
# In the installed package, TIMETRIAL_LIBTORCH_HINT (where Timetrial found it) comes last.
# TorchConfig.cmake itself is not used: it insists on a CUDA toolkit, which a CPU build never needs.

if(TARGET timetrial_libtorch)
  return()  # find_package was called before
endif()
set(_timetrial_candidates "")
if(DEFINED Torch_DIR AND Torch_DIR)
  get_filename_component(_root "${Torch_DIR}/../../.." ABSOLUTE)
  list(APPEND _timetrial_candidates "${_root}")
elseif(DEFINED ENV{Torch_DIR})
  get_filename_component(_root "$ENV{Torch_DIR}/../../.." ABSOLUTE)
  list(APPEND _timetrial_candidates "${_root}")
endif()
foreach(_prefix IN LISTS CMAKE_PREFIX_PATH)
  list(APPEND _timetrial_candidates "${_prefix}" "${_prefix}/torch")
endforeach()
if(DEFINED ENV{TIMETRIAL_DEPS})
  list(APPEND _timetrial_candidates "$ENV{TIMETRIAL_DEPS}/libtorch/torch")
endif()
if(DEFINED TIMETRIAL_LIBTORCH_HINT)
  list(APPEND _timetrial_candidates "${TIMETRIAL_LIBTORCH_HINT}")
else()
  list(APPEND _timetrial_candidates "${PROJECT_SOURCE_DIR}/.deps/libtorch/torch")
endif()

set(TIMETRIAL_LIBTORCH_ROOT "")
foreach(_candidate IN LISTS _timetrial_candidates)
  if(EXISTS "${_candidate}/lib/libtorch_cpu.so" AND EXISTS "${_candidate}/include/ATen/ATen.h")
    set(TIMETRIAL_LIBTORCH_ROOT "${_candidate}")
    break()
  endif()
endforeach()
if(NOT TIMETRIAL_LIBTORCH_ROOT)
  list(JOIN _timetrial_candidates "\n    " _list)
  message(FATAL_ERROR
    "LibTorch was not found. Looked in:\n    ${_list}\n"
    "Run scripts/setup.sh, or pass -DTorch_DIR=<torch>/share/cmake/Torch.")
endif()

file(STRINGS "${TIMETRIAL_LIBTORCH_ROOT}/include/torch/headeronly/version.h" _version_lines
     REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*PATCH ([0-9]+).*" "\\1.\\2.\\3"
       TIMETRIAL_LIBTORCH_VERSION "${_version_lines}")
if(NOT TIMETRIAL_LIBTORCH_VERSION VERSION_EQUAL 2.11.0)
  message(FATAL_ERROR "LibTorch 2.11.0 is needed, ${TIMETRIAL_LIBTORCH_ROOT} has "
                      "${TIMETRIAL_LIBTORCH_VERSION}.")
endif()
message(STATUS "LibTorch ${TIMETRIAL_LIBTORCH_VERSION}: ${TIMETRIAL_LIBTORCH_ROOT}")

add_library(timetrial_libtorch INTERFACE IMPORTED GLOBAL)
add_library(timetrial::libtorch ALIAS timetrial_libtorch)
target_include_directories(timetrial_libtorch SYSTEM INTERFACE
  "${TIMETRIAL_LIBTORCH_ROOT}/include" "${TIMETRIAL_LIBTORCH_ROOT}/include/torch/csrc/api/include")
target_compile_definitions(timetrial_libtorch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
target_link_libraries(timetrial_libtorch INTERFACE
  "${TIMETRIAL_LIBTORCH_ROOT}/lib/libtorch_cpu.so" "${TIMETRIAL_LIBTORCH_ROOT}/lib/libc10.so")
# libtorch_cpu's own needs (cudart, cupti, gomp) are found through its RPATH at run time and are none
# of our link's business.
target_link_options(timetrial_libtorch INTERFACE "LINKER:--allow-shlib-undefined")

# timetrial::openmp: the threads that LibTorch has. A second OpenMP run time in the process would
# bring a second team of them.
add_library(timetrial_openmp INTERFACE IMPORTED GLOBAL)
add_library(timetrial::openmp ALIAS timetrial_openmp)
file(GLOB _gomp "${TIMETRIAL_LIBTORCH_ROOT}/lib/libgomp*.so*")
if(_gomp)
  list(GET _gomp 0 _gomp)
  target_link_libraries(timetrial_openmp INTERFACE "${_gomp}")
else()
  target_link_options(timetrial_openmp INTERFACE -fopenmp)
endif()

# timetrial::cudart: the CUDA run time that LibTorch loads. A second one would have its own idea of
# the current device.
add_library(timetrial_cudart INTERFACE IMPORTED GLOBAL)
add_library(timetrial::cudart ALIAS timetrial_cudart)
get_filename_component(_root "${TIMETRIAL_LIBTORCH_ROOT}" REALPATH)
find_library(TIMETRIAL_CUDART NAMES libcudart.so.13 NO_DEFAULT_PATH NO_CACHE
             PATHS "${_root}/../nvidia/cu13/lib" "${_root}/lib")
if(TIMETRIAL_CUDART)
  target_link_libraries(timetrial_cudart INTERFACE "${TIMETRIAL_CUDART}")
endif()
