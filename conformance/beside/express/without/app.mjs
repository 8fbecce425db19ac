import express from 'express';

const app = express();
app.get('/', (request, response) => {
  response.send('<p>For everybody</p>');
});
app.get('/private', (request, response) => {
  response.send('<p>For users</p>');
});
app.listen(process.env.PORT, '127.0.0.1');
