;; Never ends.
(module
  (memory (export "memory") 1)
  (func (export "run") (param i32 i32) (result i32 i32)
    (loop $again (br $again))
    unreachable))
