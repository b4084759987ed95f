# MicroPython's build of every board. A board's own file says which board of the Pico SDK it is, then includes this.
set(PICO_PLATFORM "rp2040")

# What runs in every round or in an interrupt lies in RAM, where it does not wait for flash: whole objects of py/, which
# are compiled for speed too, other objects by the end of their path, and helpers of the SDK by its own switches.
set(IN_RAM_OF_PY argcheck bc binary cstack gc map malloc nativeglue nlr nlrthumb obj objarray objboundmeth objfun objint
    objlist objmodule objtype qstr runtime scheduler sequence smallint vm)
set(IN_RAM_OF_OTHERS frozen_content hardware_timer/timer rp2_dma rp2_pio runtime/mpirq runtime/softtimer)
add_compile_definitions(PICO_BITS_IN_RAM=1 PICO_DIVIDER_IN_RAM=1 PICO_INT64_OPS_IN_RAM=1)

# Functions of those objects that no round calls: they stay in flash, and RAM stays for the heap.
# Of rp2_dma and rp2_pio what interrupts call is left: a sample and a cut are judged by the time that they come.
set(NOT_IN_RAM array_append array_extend array_make_new array_print asm_pio_* bytearray_make_new convert_obj_for_inline_asm
    fun_asm_call gc_dump_* gc_info gc_init gc_realloc instance_print list_copy list_extend list_insert list_pop list_print
    memoryview_make_new mp_deinit mp_import_* mp_init mp_native_type_from_qstr mp_native_yield_from mp_obj_get_complex*
    mp_obj_instance_make_new mp_obj_int_formatted mp_obj_int_make_new mp_obj_new_type mp_obj_print_*
    mp_parse_compile_execute mp_quicksort mp_resume mp_set_* mp_unpack_ex qstr_dump_data qstr_from_str*
    qstr_init qstr_pool_info rp2_dma_[!i]* rp2_dma_init rp2_dma_irq rp2_dma_irq_info
    rp2_dma_irq_trigger rp2_pio_*
    rp2_state_machine_* super_*)

# MicroPython's linker script with these in the place of the objects that it names itself. (Those lie in flash: the SDK
# names objects otherwise than it does, micropython/micropython pull request 19370.)
function(evenpulse_put_in_ram)
    set(script ${MICROPY_PORT_DIR}/memmap_mp_rp2040.ld)
    set(named "\\*gc\\.c\\.[a-z*]+ \\*vm\\.c\\.[a-z*]+ \\*parse\\.c\\.[a-z*]+\\) \\.text\\*\\)")
    file(READ ${script} text)
    string(REGEX MATCHALL "${named}" places "${text}")
    list(LENGTH places count)
    if(NOT count EQUAL 1)
        message(FATAL_ERROR "${script}: names gc, vm and parse to be kept out of flash at ${count} places, not at one. "
            "What of it lies in RAM is said in ${CMAKE_CURRENT_FUNCTION_LIST_FILE}, which looks for ${named}")
    endif()
    list(TRANSFORM IN_RAM_OF_PY PREPEND "py/" OUTPUT_VARIABLE objects)
    list(APPEND objects ${IN_RAM_OF_OTHERS})
    list(TRANSFORM objects REPLACE "(.+)" "*/\\1.c${CMAKE_C_OUTPUT_EXTENSION}")
    list(TRANSFORM NOT_IN_RAM PREPEND ".text." OUTPUT_VARIABLE functions)
    list(JOIN objects " " objects)
    list(JOIN functions " " functions)
    string(REGEX REPLACE "${named}" "${objects}) .text*) *(${functions})" text "${text}")
    # What does not change in RAM, for the self-test (firmware/hal/seal.py): behind the vectors, where it starts, where
    # its image in flash is, how long it is.
    set(table "LONG(__data_start__) LONG(__etext) LONG(__ram_constant_end__ - __data_start__)")
    string(REPLACE "KEEP (*(.vectors))" "KEEP (*(.vectors)) ${table}" text "${text}")
    string(REPLACE "        *(.data*)" "        __ram_constant_end__ = .;\n        *(.data*)" text "${text}")
    file(WRITE ${CMAKE_BINARY_DIR}/memmap.ld "${text}")
    pico_set_linker_script(${MICROPY_TARGET} ${CMAKE_BINARY_DIR}/memmap.ld)
    list(TRANSFORM IN_RAM_OF_PY REPLACE "(.+)" "${MICROPY_PY_DIR}/\\1.c" OUTPUT_VARIABLE sources)
    set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "-O2")
endfunction()

# At the end of the port's own CMakeLists.txt, which sets the script.
cmake_language(DEFER CALL evenpulse_put_in_ram)
