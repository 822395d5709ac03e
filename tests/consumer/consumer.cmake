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
if(NOT EXISTS "${_prefix}/lib/timetrial/submissions/nadamw.algoperf_points.search_space.json")
  message(FATAL_ERROR "AlgoPerf's points are not installed")
endif()

# From an empty folder to a leaderboard; data that are prepared already are taken as they are.
set(_work "${_scratch}/work")
file(MAKE_DIRECTORY "${_work}")
run("docs/write-a-submission.md" ${CMAKE_COMMAND} -E chdir "${_work}" ${CMAKE_COMMAND} -E env
    "PATH=${_prefix}/bin:$ENV{PATH}" "XDG_DATA_HOME=${_scratch}/results" "TIMETRIAL_DATA=${BUILD}/test-data"
    "CMAKE_GENERATOR=${GENERATOR}" "CXX=${COMPILER}"
    bash "${SOURCE}/tests/consumer/follow_page.sh" "${SOURCE}/docs/write-a-submission.md")
expect("save_load +passed")
expect("completed after .* 300 steps")
expect("1  +(my_sgd|adamw) ")
expect("(1|2)  +my_sgd ")
file(READ "${_work}/board.html" output)
expect("my_sgd")
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
