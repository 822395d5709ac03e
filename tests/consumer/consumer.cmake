# What a user does who has only an installation: cmake -DBUILD=… -DGENERATOR=… -DCOMPILER=… -P
cmake_minimum_required(VERSION 3.25)

string(RANDOM LENGTH 8 _suffix)
set(_scratch "${BUILD}/tests/consumer.${_suffix}")
set(_prefix "${_scratch}/prefix")

# run(<what> COMMAND…): stops with all output unless the command succeeds; sets `output`.
function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT code EQUAL 0)
    file(REMOVE_RECURSE "${_scratch}")
    message(FATAL_ERROR "${what} failed (${code}):\n${out}${err}")
  endif()
  set(output "${out}" PARENT_SCOPE)
endfunction()

function(expect text)
  if(NOT output MATCHES "${text}")
    file(REMOVE_RECURSE "${_scratch}")
    message(FATAL_ERROR "expected '${text}' in:\n${output}")
  endif()
endfunction()

set(ENV{XDG_CACHE_HOME} "${_scratch}/cache")
# Nothing of the build's surroundings may help: LibTorch is found by the package itself.
foreach(_variable IN ITEMS TIMETRIAL_DEPS TIMETRIAL_SUBMISSIONS Torch_DIR CMAKE_PREFIX_PATH)
  unset(ENV{${_variable}})
endforeach()

run("install" ${CMAKE_COMMAND} --install "${BUILD}" --prefix "${_prefix}")
set(_timetrial "${_prefix}/bin/timetrial")
run("list" ${_timetrial} submission list)
expect("\nadamw +Timetrial authors")
expect("schedule_free_adamw.search_space.json")
run("new" ${_timetrial} submission new my_sgd --dir "${_scratch}/work")
set(_source "${_scratch}/work/my_sgd")
run("configure" ${CMAKE_COMMAND} -S "${_source}" -B "${_source}/build" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_PREFIX_PATH=${_prefix}")
run("build" ${CMAKE_COMMAND} --build "${_source}/build")
run("check" ${_timetrial} submission check "${_source}/build/submissions/my_sgd.so")
expect("steps +passed")
expect("save_load +passed")
run("train" ${_timetrial} run "${_source}/build/submissions/my_sgd.so" movielens_dlrm --max-steps 20
    --data "${BUILD}/test-data" --store "${_scratch}/store.db" --share-device --progress none)
expect("completed after .* 20 steps")
run("check of a built-in one" ${_timetrial} submission check adamw)

# A package for another minor version must not be taken.
file(WRITE "${_scratch}/other/CMakeLists.txt"
     "cmake_minimum_required(VERSION 3.25)\nproject(other LANGUAGES CXX)\n"
     "find_package(Timetrial 0.99 REQUIRED)\n")
execute_process(COMMAND ${CMAKE_COMMAND} -S "${_scratch}/other" -B "${_scratch}/other/build"
                        -G "${GENERATOR}" "-DCMAKE_PREFIX_PATH=${_prefix}"
                RESULT_VARIABLE _code OUTPUT_QUIET ERROR_QUIET)
file(REMOVE_RECURSE "${_scratch}")
if(_code EQUAL 0)
  message(FATAL_ERROR "find_package(Timetrial 0.99) was satisfied by another minor version")
endif()
