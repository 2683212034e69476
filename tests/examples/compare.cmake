# Runs PROGRAM and compares what it prints with the file EXPECTED.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE seen RESULT_VARIABLE code)
file(READ ${EXPECTED} expected)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "it ended with ${code}; its output:\n${seen}")
endif()
if(NOT seen STREQUAL expected)
  message(FATAL_ERROR "its output is\n${seen}\nbut should be\n${expected}")
endif()
