;; Asks for a MiB at a time, for ever.
(module
  (memory (export "memory") 1)
  (func (export "run") (param i32 i32) (result i32 i32)
    (loop $again
      (drop (memory.grow (i32.const 16)))
      (br $again))
    unreachable))
