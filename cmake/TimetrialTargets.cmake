# How the project's own targets are made.

# ccache when present; a precompiled header needs its time stamps and defines taken loosely.
find_program(TIMETRIAL_CCACHE ccache)
if(TIMETRIAL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${TIMETRIAL_CCACHE})
endif()

# In a batch, GCC takes all but the first source for headers: a local name may be one that another source
# has at large, and a type have members of an unnamed namespace. Without batches it warns of both.
set(_shadowing -Wshadow)
if(TIMETRIAL_BATCHES AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(_shadowing -Wshadow=local -Wno-subobject-linkage)
endif()
add_library(timetrial_options INTERFACE)
target_compile_options(timetrial_options INTERFACE
  -Wall -Wextra -Wconversion -Wno-sign-conversion
  ${_shadowing}
  # GCC 12 sees an overlap that is not there in "literal" + std::string (GCC bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${TIMETRIAL_WARNINGS_AS_ERRORS}>:-Werror>)
target_include_directories(timetrial_options INTERFACE "${PROJECT_SOURCE_DIR}"
                                                       "${PROJECT_BINARY_DIR}/generated")
if(TIMETRIAL_SANITIZER STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(TIMETRIAL_SANITIZER STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(TIMETRIAL_SANITIZER)
  message(FATAL_ERROR "TIMETRIAL_SANITIZER is '${TIMETRIAL_SANITIZER}'; use address or thread.")
endif()

# Clang writes the time of each header into a precompiled one, and ccache then knows no source again
# that was compiled with it: in a second build 13 of 13 sources came from the cache, 2 of 13 without this.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()

# A sanitized build has a precompiled header of its own, which takes it from 364 s of a processor to
# 214 s. All targets must then have the same options: -fPIC, and fmt's definitions.
if(TIMETRIAL_SANITIZER AND NOT TIMETRIAL_LIBTORCH)
  find_package(fmt REQUIRED)
  target_link_libraries(timetrial_options INTERFACE fmt::fmt)
  set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
  add_compile_options(-fPIC)
endif()
function(timetrial_use_sanitized_headers target)
  if(NOT TIMETRIAL_SANITIZER OR TIMETRIAL_LIBTORCH)
    return()
  endif()
  if(NOT TARGET timetrial_sanitized_pch)
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/pch.cpp"
         CONTENT "// Carries the precompiled header.\n")
    add_library(timetrial_sanitized_pch OBJECT "${PROJECT_BINARY_DIR}/generated/pch.cpp")
    target_link_libraries(timetrial_sanitized_pch PRIVATE timetrial_options)
    target_precompile_headers(timetrial_sanitized_pch PRIVATE
                              "${PROJECT_SOURCE_DIR}/cmake/sanitized_pch.h")
  endif()
  target_precompile_headers(${target} REUSE_FROM timetrial_sanitized_pch)
endfunction()

# Whether this build leaves a folder of the tree out: docs/architecture.md marks those that need LibTorch.
file(STRINGS "${PROJECT_SOURCE_DIR}/docs/architecture.md" TIMETRIAL_TORCH_FOLDERS REGEX "^[0-9]+ .* torch$")
list(TRANSFORM TIMETRIAL_TORCH_FOLDERS REPLACE "^[0-9]+ (.*) torch$" "\\1")
function(timetrial_leaves_out out folder)
  set(${out} OFF PARENT_SCOPE)
  if(NOT TIMETRIAL_LIBTORCH AND folder IN_LIST TIMETRIAL_TORCH_FOLDERS)
    set(${out} ON PARENT_SCOPE)
  endif()
endfunction()

# timetrial_add_module(<name> SOURCES … [HEADERS …] [PUBLIC …] [PRIVATE …] [OBJECT])
# One library per folder: target timetrial_<name>, alias timetrial::<name>.
function(timetrial_add_module name)
  cmake_parse_arguments(arg "OBJECT" "" "SOURCES;HEADERS;PUBLIC;PRIVATE" ${ARGN})
  set(kind STATIC)
  if(arg_OBJECT)
    set(kind OBJECT)
  endif()
  add_library(timetrial_${name} ${kind} ${arg_SOURCES})
  add_library(timetrial::${name} ALIAS timetrial_${name})
  target_sources(timetrial_${name} PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}"
                 FILES ${arg_HEADERS})
  target_link_libraries(timetrial_${name} PUBLIC ${arg_PUBLIC} PRIVATE timetrial_options ${arg_PRIVATE})
  timetrial_use_sanitized_headers(timetrial_${name})
endfunction()

# The precompiled header of all targets that use LibTorch. Executables keep LibTorch out of their
# main.cpp, since -fPIE and -fPIC cannot share one.
function(timetrial_use_libtorch target)
  target_link_libraries(${target} PUBLIC timetrial::libtorch)
  timetrial_use_torch_headers(${target} timetrial_pch)
endfunction()

# The same for what keeps its symbols to itself, as submissions do. It needs a header that was made so:
# with the other one LibTorch's inline functions would be exported, and one of their static variables would
# keep a library in memory for good (STB_GNU_UNIQUE).
function(timetrial_use_hidden_torch_headers target)
  timetrial_use_torch_headers(${target} timetrial_hidden_pch)
  set_target_properties(${target} timetrial_hidden_pch PROPERTIES
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()

function(timetrial_use_torch_headers target pch)
  if(NOT TARGET ${pch})
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/pch.cpp"
         CONTENT "// Carries the precompiled header.\n")
    add_library(${pch} OBJECT "${PROJECT_BINARY_DIR}/generated/pch.cpp")
    target_link_libraries(${pch} PUBLIC timetrial::libtorch PRIVATE timetrial_options)
    target_precompile_headers(${pch} PRIVATE "${PROJECT_SOURCE_DIR}/cmake/libtorch_pch.h")
  endif()
  target_precompile_headers(${target} REUSE_FROM ${pch})
endfunction()

# timetrial_add_test(<name> SOURCES … LIBRARIES … [TORCH] [BY_SUITE] [LABELS …] [TIMEOUT s] [PROPERTIES …])
# A GoogleTest executable tests/…/<name>; each TEST is a test of CTest, or each suite: loading LibTorch takes
# 0.4 s, longer than most tests, but whoever may skip should say so by its name. What is tested is optimised;
# the tests themselves only have to compile fast (half of a clean build is theirs).
function(timetrial_add_test name)
  cmake_parse_arguments(arg "TORCH;BY_SUITE" "TIMEOUT" "SOURCES;LIBRARIES;LABELS;PROPERTIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_link_libraries(${name} PRIVATE timetrial_options ${arg_LIBRARIES} timetrial_test_main)
  target_compile_definitions(${name} PRIVATE
    TIMETRIAL_SOURCE_DIR="${PROJECT_SOURCE_DIR}" TIMETRIAL_BINARY_DIR="${PROJECT_BINARY_DIR}")
  if(arg_TORCH)
    timetrial_use_libtorch(${name})
    # The precompiled header is of -fPIC and optimised code; nothing else can include it. A sanitized
    # one is of -O0, as all of that build.
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    # GCC 12 at -O1 sees writes beyond a string that are not there (GCC bug 105651).
    target_compile_options(${name} PRIVATE -fPIC $<$<NOT:$<BOOL:${TIMETRIAL_SANITIZER}>>:-O1>
      $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-array-bounds
      -Wno-stringop-overflow>)
    if(NOT arg_LABELS)
      set(arg_LABELS torch)  # which the sanitizer presets leave out
    endif()
    # As many tests run at once as there are cores: with two threads each they would spin for one
    # another's, and take three times as long. Tests of several threads ask for them themselves.
    list(APPEND arg_PROPERTIES ENVIRONMENT OMP_NUM_THREADS=1)
  else()
    target_compile_options(${name} PRIVATE -O0)
    timetrial_use_sanitized_headers(${name})
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
    if(arg_BY_SUITE)
      set(arg_TIMEOUT 300)
    endif()
  endif()
  if(arg_BY_SUITE)
    set(script "${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.cmake")
    file(CONFIGURE OUTPUT "${script}" CONTENT
         "set(PROGRAM \"${PROJECT_BINARY_DIR}/tests/${name}\")
set(NAME ${name})
set(PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS ${arg_LABELS} ${arg_PROPERTIES})
include(\"${PROJECT_SOURCE_DIR}/cmake/AddSuites.cmake\")
")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${script}")
    return()
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}" ${arg_PROPERTIES})
endfunction()
