;; Never ends, before anything is called.
(module
  (memory (export "memory") 1)
  (func $start (loop $again (br $again)))
  (start $start)
  (func (export "run") (param i32 i32) (result i32 i32)
    (i32.const 0)
    (i32.const 0)))
