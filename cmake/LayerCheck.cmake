# The layer check as a build step: every library waits for it, so a forbidden include fails the build.
attune_glob(_layered core/*.h core/*.cpp remote/*.h remote/*.cpp ui/*.h ui/*.cpp app/*.h app/*.cpp tests/*.h tests/*.cpp)
set(_stamp ${CMAKE_BINARY_DIR}/layer_check.stamp)
set(_list ${CMAKE_BINARY_DIR}/layer_check.files)
set(_content "")
foreach(_file ${_layered})
  file(RELATIVE_PATH _file ${CMAKE_SOURCE_DIR} ${_file})
  string(APPEND _content "${_file}\n")
endforeach()
file(WRITE ${_list}.new "${_content}")
execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different ${_list}.new ${_list})
add_custom_command(OUTPUT ${_stamp}
  COMMAND xargs awk -f cmake/layer_check.awk < ${_list}
  COMMAND ${CMAKE_COMMAND} -E touch ${_stamp}
  DEPENDS ${_layered} ${_list} ${CMAKE_SOURCE_DIR}/cmake/layer_check.awk
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} VERBATIM
  COMMENT "Checking the layers")
add_custom_target(layer_check DEPENDS ${_stamp})
